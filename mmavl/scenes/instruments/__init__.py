"""InstrumentScenes: scenes composed of pictures and recordings that package registries hold."""
