// One sound at a time; within a group a sound begins where the last one was left.
document.addEventListener('play', (event) => {
  for (const other of document.querySelectorAll('audio')) {
    if (other === event.target || other.paused) continue;
    other.pause();
    if (other.closest('.sounds') === event.target.closest('.sounds'))
      event.target.currentTime = other.currentTime;
  }
}, true);
