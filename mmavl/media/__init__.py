"""Reading and writing media: one decoder for pictures, one for sound, one writer."""
