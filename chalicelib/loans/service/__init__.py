"""What people do with loans; each service takes the actor first and decides whether it may."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.loans.service.auto_investing import AutoInvestService
from chalicelib.loans.service.clockwork import ClockworkService
from chalicelib.loans.service.funding import FundingService
from chalicelib.loans.service.investing import InvestmentService
from chalicelib.loans.service.offering import OfferService
from chalicelib.loans.service.overseeing import LoanOversight
from chalicelib.loans.service.quoting import QuoteService
from chalicelib.loans.service.reading import LoanReader
from chalicelib.loans.service.repaying import RepaymentService
from chalicelib.loans.service.requesting import RequestService
from chalicelib.loans.service.rescheduling import RescheduleService
from chalicelib.loans.service.sweeping import SweepService
from chalicelib.loans.service.working import WorkerService

__all__ = ["Loans"]


@dataclass(frozen=True, slots=True)
class Loans:
    """The loan services of one platform."""

    requests: RequestService
    offers: OfferService
    funding: FundingService
    repayment: RepaymentService
    quotes: QuoteService
    investments: InvestmentService
    reader: LoanReader
    oversight: LoanOversight
    reschedules: RescheduleService
    auto_invest: AutoInvestService
    clockwork: ClockworkService
    sweeps: SweepService
    worker: WorkerService
