"""The public names and where they live, for editors, type checkers, and `import jaknet`, which loads each when it is first used."""

from ._version import __version__ as __version__
from .comparison.compare import compare as compare, compare_responses as compare_responses
from .enrichment.enrich import Enrichment as Enrichment, enrich as enrich
from .enrichment.gene_sets import load_gene_sets as load_gene_sets
from .errors import (
    InputError as InputError,
    JaknetError as JaknetError,
    OfflineError as OfflineError,
    OverlapError as OverlapError,
    SpeciesError as SpeciesError,
    UnknownNameError as UnknownNameError,
)
from .explanation.explain import explain as explain
from .explanation.explanation import Explanation as Explanation, Explanations as Explanations
from .expression.contrast import contrast as contrast
from .expression.examples import Example as Example, list_examples as list_examples, load_example as load_example
from .expression.expression import Expression as Expression, read_expression as read_expression
from .expression.pseudobulk import pseudobulk as pseudobulk
from .expression.quality import check_quality as check_quality
from .expression.read_signature import read_signature as read_signature
from .expression.signature import Signature as Signature
from .genes.tables import load_osteoanabolic as load_osteoanabolic
from .netflux.model import LogicModel as LogicModel
from .netflux.workbook import read_netflux as read_netflux
from .network.build import build_network as build_network
from .network.io.fetch import (
    fetch_collectri as fetch_collectri,
    fetch_omnipath as fetch_omnipath,
    fetch_progeny as fetch_progeny,
    fetch_signor as fetch_signor,
)
from .network.io.read import list_networks as list_networks, load_network as load_network, read_network as read_network
from .network.network import Network as Network
from .pipeline import run as run
from .ranking.experiments import experiments as experiments
from .ranking.ranking import Ranking as Ranking, rank as rank
from .regulation.activities import activities as activities
from .regulation.regulators import regulator_scores as regulator_scores, regulators as regulators
from .regulation.regulons import footprint_network as footprint_network
from .regulation.rotation import rotation_test as rotation_test
from .reporting import plot as plot
from .reporting.report import report as report
from .simulation.drugs import Drug as Drug, combine_doses as combine_doses
from .simulation.library import (
    list_contexts as list_contexts,
    list_drugs as list_drugs,
    load_context as load_context,
    load_drug as load_drug,
)
from .simulation.perturbations import (
    Context as Context,
    Perturbation as Perturbation,
    activate as activate,
    combine as combine,
    inhibit as inhibit,
    knockout as knockout,
)
from .simulation.pharmacology import (
    concentration_course as concentration_course,
    dosing_day as dosing_day,
    selectivity as selectivity,
    signal_ic50 as signal_ic50,
)
from .simulation.potency import Target as Target
from .simulation.response import Response as Response, contrast_responses as contrast_responses, perturb as perturb
from .simulation.scans import dose_response as dose_response, screen as screen, time_course as time_course
from .simulation.sensitivity import leave_one_out as leave_one_out, sensitivity as sensitivity, target_effects as target_effects
from .simulation.settings import EnsembleSettings as EnsembleSettings
from .validation.claims import reproduce as reproduce
from .validation.controls import ControlCheck as ControlCheck, check_controls as check_controls, load_controls as load_controls
from .validation.facts import load_facts as load_facts, read_facts as read_facts
from .validation.score import Validation as Validation, validate as validate
from .validation.selectivity import SelectivityCheck as SelectivityCheck, check_selectivity as check_selectivity
