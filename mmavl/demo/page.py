"""The web page, made with Gradio; only this module imports Gradio."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

from mmavl.apis import Localization
from mmavl.errors import ConfigError, DataError
from mmavl.reports.page import listening_script
from mmavl.utils.templates import escape

from .analysis import Analysis, Analyst
from .examples import Example
from .uploads import Uploads

ALL = 'what sounds'
_LONGEST_QUEUE = 32
_MOST_SESSIONS = 64
#: Maximum bytes of an analysis's sounds.
_RESULTS = 100 * 10**6
HOW_TO_SEPARATE = (
    'Sources are separated where the page is started with a separator’s weights: '
    '<code>mmavl demo --separator FILE</code>; <code>mmavl train separation_scenes</code> trains '
    'them.'
)
_STYLE = """
.gradio-container { max-width: 1180px !important; margin: 0 auto; }
#head h1 { font-size: 26px; margin: 6px 0 2px; }
#head p, .faint { color: #5f5f5f; margin: 0; }
.dark #head p, .dark .faint { color: #b0b0b0; }
#start { background: #00735a; color: #fff; }
#examples .grid-wrap { max-height: none; padding-top: 28px; }
#examples .caption-label { font-size: 11px; white-space: normal; }
.tags { display: grid; grid-template-columns: max-content 1fr max-content; gap: 4px 10px;
  align-items: center; font-variant-numeric: tabular-nums; }
.tags .bar { height: 9px; border-radius: 5px; background: var(--border-color-primary); }
.tags .bar i { display: block; height: 100%; border-radius: 5px; background: #00735a; }
.sounds { display: grid; grid-template-columns: repeat(auto-fill, minmax(240px, 1fr));
  gap: 10px 16px; }
.sounds audio { display: block; width: 100%; height: 36px; margin-top: 2px; }
"""


def import_gradio() -> ModuleType:
    """Import Gradio, with all its requests to other servers disabled.

    Raises:
        ConfigError: It is not installed.
    """
    os.environ['GRADIO_ANALYTICS_ENABLED'] = 'False'
    os.environ['HF_HUB_DISABLE_TELEMETRY'] = '1'
    try:
        import gradio
    except ImportError as error:
        raise ConfigError(f"the page needs gradio ({error}): pip install 'mmavl[demo]'") from error
    return gradio


class Page:
    """The page and its server.

    It answers only its own requests, see :class:`Guard`; the size of uploads and results is
    limited, see :class:`Uploads`.

    Args:
        analyst (Analyst): Analyses uploads.
        examples (Sequence[Example]): Scenes to choose from. Defaults to none.
        quota (int): Maximum total bytes of uploads and results. Defaults to 2 GB.

    Raises:
        ConfigError: Gradio is not installed.
    """

    def __init__(
        self, analyst: Analyst, examples: Sequence[Example] = (), quota: int = 2 * 10**9
    ) -> None:
        self.gr = import_gradio()
        self.analyst = analyst
        self.examples = list(examples)
        self._folder = tempfile.TemporaryDirectory(prefix='mmavl_demo_')
        # also for uploads; deleted when the page is closed
        os.environ['GRADIO_TEMP_DIR'] = self._folder.name
        self.blocks = self._build()
        self.uploads = Uploads(self._folder.name, quota)

    def launch(self, port: int | None = None, wait: bool = True) -> str:
        """Serve the page, on this machine only.

        Args:
            port (int, optional): Defaults to the first free one from 7860.
            wait (bool): Whether to block until interrupted. Defaults to True.

        Returns:
            str: Its address.

        Raises:
            OSError: The port is taken.
        """
        from starlette.middleware import Middleware  # comes with Gradio

        from .guard import Guard

        gr = self.gr
        fonts = ['system-ui', 'DejaVu Sans', 'sans-serif']  # local fonts: nothing is downloaded
        theme = gr.themes.Base(primary_hue='emerald', font=fonts, font_mono=['monospace'])
        self.blocks.queue(default_concurrency_limit=4, max_size=_LONGEST_QUEUE, api_open=False)
        _, address, _ = self.blocks.launch(
            server_name='127.0.0.1',
            server_port=port,
            share=False,
            quiet=True,
            prevent_thread_lock=True,
            ssr_mode=False,
            footer_links=[],
            max_file_size='500mb',
            state_session_capacity=_MOST_SESSIONS,
            run_history=False,  # could keep runs elsewhere
            enable_monitoring=False,
            mcp_server=False,
            allowed_paths=[e.image for e in self.examples],
            theme=theme,
            css=_STYLE,
            head=listening_script(),
        )
        # before Gradio's middleware, which would answer foreign pages
        app = self.blocks.app
        app.user_middleware.insert(0, Middleware(Guard, uploads=self.uploads))
        app.middleware_stack = app.build_middleware_stack()
        if wait:
            print(f'The page is at {address} (press Ctrl+C to stop)', flush=True)
            try:
                self.blocks.block_thread()
            finally:
                self.close()
        return address

    def close(self) -> None:
        """Stop the server and remove all uploads and results."""
        self.blocks.close(verbose=False)
        self._folder.cleanup()

    def _build(self) -> Any:
        gr = self.gr
        with gr.Blocks(title='mmavl', analytics_enabled=False) as blocks:
            state = gr.State(None, time_to_live=3600)
            gr.HTML(self._head(), elem_id='head')
            with gr.Row(equal_height=False):
                with gr.Column(scale=2, min_width=300):
                    files = gr.File(
                        label='A video, or a picture and a sound',
                        file_count='multiple',
                        height=150,
                        elem_id='files',
                    )
                    _take_no_addresses(files)
                    start = gr.Button('Find what sounds', variant='primary', elem_id='start')
                    picks = self._gallery()
                with gr.Column(scale=3, min_width=420, visible=False, elem_id='result') as result:
                    frame = gr.Image(
                        show_label=False, buttons=['download', 'fullscreen'], elem_id='frame',
                        interactive=False, format='jpeg',
                    )  # fmt: skip
                    time = gr.Slider(label='Second', elem_id='time', buttons=[])
                    label = gr.Radio(label='Heat map of', elem_id='label')
                    tags = gr.HTML(elem_id='tags')
                    sounds = gr.HTML(elem_id='sounds')
                    record = gr.DownloadButton('Download JSON', size='sm', elem_id='record')
            outputs = [state, result, frame, time, label, tags, sounds, record]
            self._connect(start.click, files, picks, outputs, start)
            shown = {
                'fn': self._show,
                'inputs': [state, time, label],
                'outputs': [frame, tags],
                'show_progress': 'hidden',
                'trigger_mode': 'always_last',
                'api_visibility': 'private',
            }
            time.input(**shown)
            label.input(**shown)
        return blocks

    def _connect(self, click: Any, files: Any, picks: Any, outputs: list, start: Any) -> None:
        gr = self.gr

        # Gradio inspects defaults and annotations
        def uploaded(paths: list[str] | None, progress=gr.Progress()):  # noqa: B008
            return self._analyse(paths, progress)

        def picked(
            event: gr.SelectData,  # type: ignore[name-defined]  # gr is a variable
            progress=gr.Progress(),  # noqa: B008
        ):
            example = self.examples[event.index]
            return self._analyse([example.image, example.audio], progress)

        options = {
            'concurrency_limit': 1,  # one at a time; results can be viewed meanwhile
            'concurrency_id': 'analyse',
            'show_progress_on': start,
            'api_visibility': 'private',
        }
        click(uploaded, files, outputs, **options)
        if picks is not None:
            picks.select(picked, None, outputs, **options)
            none = gr.update(selected_index=-1)  # for Gradio, None means no change
            click(lambda: none, None, picks, api_visibility='private')

    def _head(self) -> str:
        longest, rate = self.analyst.longest, self.analyst.rate
        return (
            '<h1>What sounds where?</h1><p>Drop a video, or a picture and a sound, of at most '
            f'{longest:g} s; one frame every {1 / rate:.3g} s of a video is analysed. '
            'Everything stays on this machine.</p>'
        )

    def _gallery(self) -> Any:
        if not self.examples:
            self.gr.HTML(
                '<p class="faint">Build InstrumentScenes to see examples here '
                '(<code>bash tools/quickstart.sh</code>).</p>'
            )
            return None
        return self.gr.Gallery(
            [(example.image, example.caption) for example in self.examples],
            label='Or choose a scene (its title names what sounds)',
            columns=3,
            height='auto',
            object_fit='cover',
            allow_preview=False,
            buttons=[],
            interactive=False,
            elem_id='examples',
        )

    def _analyse(self, files: list[str] | None, progress: Any) -> list[Any]:
        """All outputs for uploaded files; errors become messages."""
        gr = self.gr
        folder = Path(tempfile.mkdtemp(dir=self._folder.name))
        room = self.uploads.reserve(_RESULTS)
        try:
            if not room:
                raise DataError('Not enough space for results: try again in 10 minutes.')
            done = self.analyst(files or (), folder, lambda share, doing: progress(share, doing))
        except (DataError, OSError) as error:
            words = 'Nothing more can be written here' if isinstance(error, OSError) else error
            raise gr.Error(escape(str(words)), duration=None, print_exception=False) from error
        finally:
            if room:
                self.uploads.release(_RESULTS)
        times = [moment.result.time or 0.0 for moment in done.moments]
        choices = [ALL, *((readable(name), name) for name in done.by_score())]
        picture, tags = self._show(done, times[0], ALL)
        return [
            done,
            gr.update(visible=True),
            picture,
            gr.update(
                minimum=0, maximum=max(times[-1], 0.1), step=1 / self.analyst.rate, value=times[0],
                visible=len(times) > 1,
            ),
            gr.update(choices=choices, value=ALL),
            tags,
            self._players(done),
            str(done.record),
        ]  # fmt: skip

    def _show(self, done: Analysis, time: float, label: str) -> tuple[Any, str]:
        """The frame at a time, and its probabilities."""
        if done is None:
            raise self.gr.Error('This result has expired: upload it again', print_exception=False)
        picture = done.picture(time, None if label == ALL else label)
        result = done.moment(time).result
        return picture, names_line(result) + tag_bars(result.audio_probs)

    def _players(self, done: Analysis) -> str:
        rows = []
        for label, path in done.sounds.items():
            address = f'gradio_api/file={quote(str(path))}'
            rows.append(
                f'<label>{readable(label)}<audio controls preload="auto" src="{address}"></audio>'
                '</label>'
            )
        hint = '' if self.analyst.separator else f'<p class="faint">{HOW_TO_SEPARATE}</p>'
        return f'<div class="sounds">{"".join(rows)}</div>{hint}'


def _take_no_addresses(files: Any) -> None:
    """Accept only files as uploads: Gradio would also request a URL given in their place."""
    take = files.async_move_resource_to_block_cache

    async def take_file(path: Any) -> str | None:
        if '://' in str(path):
            raise DataError('a URL is not an upload')
        return await take(path)

    files.async_move_resource_to_block_cache = take_file


def readable(label: str) -> str:
    """A class name for display, as HTML."""
    return escape(label.replace('_', ' '))


def names_line(result: Localization) -> str:
    """HTML with the names of what sounds, marking what is not in the picture."""
    if not result.audio_probs:
        return ''
    names = (
        f'<b>{readable(result.kinds.get(label, label))}</b>'
        + (' (not in the picture)' if label in result.off_screen else '')
        for label in result.sounding
    )
    return f'<p>{", ".join(names) or "No sound of a known class."}</p>'


def tag_bars(audio_probs: dict[str, float], most: int = 5) -> str:
    """HTML of the largest probabilities as bars."""
    best = sorted(audio_probs.items(), key=lambda item: -item[1])[:most]
    rows = (
        f'<span>{readable(label)}</span><span class="bar"><i style="width: {score:.0%}"></i>'
        f'</span><span>{score:.2f}</span>'
        for label, score in best
    )
    bars = f'<p class="faint">Probability of sounding</p><div class="tags">{"".join(rows)}</div>'
    return bars if best else ''
