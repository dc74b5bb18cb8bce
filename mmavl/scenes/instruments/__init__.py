"""InstrumentScenes: scenes composed from pictures and recordings in package registries."""
