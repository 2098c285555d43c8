"""What handlers can ask for by the name of a parameter; `app.py` says what they get."""

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from fish_openai.api.compat import Compat
from fish_openai.api.door import Door
from fish_openai.engine.port import SpeechEngine
from fish_openai.metrics import Metrics
from fish_openai.settings import Settings
from fish_openai.telemetry import Gpus
from fish_openai.voices.consents import ConsentStore
from fish_openai.voices.registry import VoiceRegistry

# Litestar would check a value against its annotation by `isinstance`, which protocols and the
# fakes of the tests do not pass.
Engine = NamedDependency[SkipValidation[SpeechEngine]]
Voices = NamedDependency[SkipValidation[VoiceRegistry]]
Consents = NamedDependency[SkipValidation[ConsentStore]]
Configured = NamedDependency[SkipValidation[Settings]]
Agreed = NamedDependency[SkipValidation[Compat]]
Entrance = NamedDependency[SkipValidation[Door]]
Measured = NamedDependency[SkipValidation[Metrics]]
Graphics = NamedDependency[SkipValidation[Gpus]]
