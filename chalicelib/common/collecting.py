"""No garbage is looked for while the application is imported. `app.py` imports this first and resumes last.

The collector would walk again and again over modules, classes and models that stay until the process ends: 7 % of
the import's instructions. Frozen, they are not walked over by later collections either, so nothing is put off until
the first request.
"""

import gc

gc.disable()


def resume() -> None:
    """Leave out of all collections what is there, and collect again what comes after it."""
    gc.freeze()
    gc.enable()
