"""Puts the loan services together."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.loans.repository import (
    RELEASE_RULE,
    InvestmentRepository,
    LoanRepository,
    RuleRepository,
    WorkRepository,
)
from chalicelib.loans.repository.agenda import AgendaRepository
from chalicelib.loans.service import Loans
from chalicelib.loans.service.auto_investing import AutoInvestService
from chalicelib.loans.service.clockwork import ClockworkService
from chalicelib.loans.service.covering import COVER, CoverService
from chalicelib.loans.service.distributing import DISTRIBUTION, DistributionService
from chalicelib.loans.service.exposure import ExposureService
from chalicelib.loans.service.funding import FundingService
from chalicelib.loans.service.holding import HoldService
from chalicelib.loans.service.investing import InvestmentService
from chalicelib.loans.service.matching import MATCH_LENDER, MATCH_LOAN, MatchingService
from chalicelib.loans.service.offering import OfferService
from chalicelib.loans.service.overseeing import LoanOversight
from chalicelib.loans.service.paying_in import PayingIn
from chalicelib.loans.service.placing import PlacementService
from chalicelib.loans.service.quoting import QuoteService
from chalicelib.loans.service.reading import LoanReader
from chalicelib.loans.service.repaying import RepaymentService
from chalicelib.loans.service.requesting import RequestService
from chalicelib.loans.service.rescheduling import RescheduleService
from chalicelib.loans.service.sweeping import ACT, SWEEP, SweepService
from chalicelib.loans.service.winding_back import REFUND, WindBackService
from chalicelib.loans.service.working import Worker, WorkerService
from chalicelib.wallets.service import WalletService
from chalicelib.wiring.base import Base


def lending(base: Base, wallets: WalletService, others: Mapping[str, Worker]) -> Loans:
    """The loan services. ``others`` does the work of kinds that other features put on the queue."""
    database, clock, markers, settings = base.database, base.clock, base.markers, base.settings
    work, rules = WorkRepository(database), RuleRepository(database, status_shards=settings.status_shards)
    repository = LoanRepository(database, work, status_shards=settings.status_shards)
    winding_back = WindBackService(repository, work, wallets, clock)
    paying_in, exposure = PayingIn(repository, wallets), ExposureService(rules, clock)
    holds = HoldService(repository, rules, work, wallets, clock)
    placing = PlacementService(rules, exposure, wallets, clock)
    clockwork = ClockworkService(repository, winding_back, clock)
    agenda = AgendaRepository(database, status_shards=settings.status_shards)
    sweeps = SweepService(agenda, clockwork, base.queue, clock)
    workers = {
        **others,
        ACT: sweeps.act,
        SWEEP: sweeps.go_on,
        DISTRIBUTION: DistributionService(work, wallets).distribute,
        REFUND: winding_back.wind_back,
        COVER: CoverService(repository, work, paying_in, wallets, clock).cover,
        RELEASE_RULE: holds.release,
        **_matchers(MatchingService(repository, rules, placing, status_shards=settings.status_shards)),
    }
    return Loans(
        requests=RequestService(repository, winding_back, markers, clock, settings),
        offers=OfferService(repository, work, holds, markers, clock, settings),
        funding=FundingService(repository, paying_in, markers, clock),
        repayment=RepaymentService(repository, work, wallets, markers, clock),
        quotes=QuoteService(clock, settings),
        investments=InvestmentService(InvestmentRepository(database, repository), wallets, clock),
        reader=LoanReader(repository, clock, status_shards=settings.status_shards),
        oversight=LoanOversight(repository, clock, status_shards=settings.status_shards),
        reschedules=RescheduleService(repository, clock),
        auto_invest=AutoInvestService(rules, exposure, holds, markers, clock),
        clockwork=clockwork,
        sweeps=sweeps,
        worker=WorkerService(workers, work, base.queue, clock),
    )


def _matchers(matching: MatchingService) -> dict[str, Worker]:
    return {MATCH_LOAN: matching.match_loan, MATCH_LENDER: matching.match_lender}
