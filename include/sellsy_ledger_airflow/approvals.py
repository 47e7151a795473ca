"""Questions to people in the middle of a run: Airflow's human in the loop, asked only when somebody is needed.

Whether there is a question is known at run time alone (settings, and what the run has prepared), so that the operator
decides it when it starts: it asks nothing and succeeds at once, or it stores what it shows, parks the task in
``awaiting_input`` (no worker, no slot, no lease of the register) and goes on with the answer.

Airflow 3.3 shows the question of the first try for ever, also after the task was cleared. The answer is therefore bound
to what Airflow says that it shows, not to what the last try would have asked.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowFailException, TaskAwaitingInput

from sellsy_ledger_airflow.questions import (
    approval_body,
    corrections_body,
    offer_shown,
    option_of,
    page_address,
    some,
)
from sellsy_ledger_airflow.tasks import at_work

if TYPE_CHECKING:
    from airflow.sdk import Context

__all__ = ["AcceptCorrections", "Approve"]

log = logging.getLogger(__name__)

APPROVE = "Approuver"
APPROVE_BUT_MOVED = "Approuver sauf les dates déplacées"
REFUSE = "Refuser"
NOTHING = "Rien pour l'instant"

REMARK = "remarque"
SHOWN_PROPOSALS = 20
# The weekly proof of next week must not find last week's question still open.
CORRECTIONS_TIMEOUT = timedelta(days=6)


class _Reply(NamedTuple):
    """``who`` is empty when nobody answered in time."""

    chosen: list[str]
    who: str
    remark: str
    at: Any


class AskAPerson(HITLOperator):
    """A question that may turn out not to be one."""

    template_fields: Collection[str] = ("company",)
    ui_color = "#f6ecd9"

    def __init__(
        self, *, company: str, options: list[str], default: str, multiple: bool = False, **kwargs: Any
    ) -> None:
        remark = Param(
            "", type="string", maxLength=500, title="Remarque", description="Facultatif ; gardée avec votre réponse."
        )
        # Airflow hands the DAG's own form on to every task; it is no part of the question.
        kwargs.pop("params", None)
        super().__init__(
            subject="Sellsy → Compta",
            options=options,
            defaults=default,
            multiple=multiple,
            params={REMARK: remark},
            **kwargs,
        )
        self.company = company

    def park(self, context: Context, *, subject: str, body: str, options: list[str], wait: timedelta) -> str:
        """Hand the question to Airflow; returns the body that people see, which may be that of an earlier try."""
        from airflow.sdk.execution_time.comms import CreateHITLDetailPayload
        from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS

        self.subject, self.body, self.options, self.response_timeout = subject, body, options, wait
        stored: Any = SUPERVISOR_COMMS.send(
            msg=CreateHITLDetailPayload(
                ti_id=context["ti"].id,
                options=options,
                subject=subject,
                body=body,
                defaults=self.defaults,
                multiple=self.multiple,
                params=self.serialized_params,
                assigned_users=[],
            )
        )
        return str(stored.body)

    def until_answered(self, **kwargs: Any) -> TaskAwaitingInput:
        """To be raised: gives the worker back until there is an answer, and ``kwargs`` with it."""
        return TaskAwaitingInput(method_name="answered", kwargs=kwargs, timeout=self.response_timeout)

    def reply(self, event: Mapping[str, Any]) -> _Reply:
        """The answer.

        Raises:
            AirflowFailException: Airflow tells an error instead.
        """
        if "error" in event:
            raise AirflowFailException(f"Airflow has no answer: {event['error']}")
        user = event.get("responded_by_user")
        name = "" if user is None or event.get("timedout") else str(user.get("name") or user.get("id") or "?")
        remark = str((event.get("params_input") or {}).get(REMARK) or "") if name else ""
        return _Reply(list(event["chosen_options"]), name, " ".join(remark.split()), event["responded_at"])


class Approve(AskAPerson):
    """May what the run has prepared be sent? Hands on the batches that the posting steps are to take.

    Refused or not answered, the batches go on all the same: what is in doubt or to be read back is worked on, and the
    posting step leaves everything that was not approved where it is.

    Args:
        company: whose books.
        prepared_by: the mapped task that prepares a batch last; a batch that did not come through stops here.
    """

    def __init__(self, *, company: str, prepared_by: str, **kwargs: Any) -> None:
        super().__init__(company=company, options=[APPROVE, APPROVE_BUT_MOVED, REFUSE], default=REFUSE, **kwargs)
        self.prepared_by = prepared_by

    def execute(self, context: Context) -> list[str]:
        """Ask, where somebody is needed; a preview asks nobody.

        Raises:
            AirflowFailException: no batch came through. Skipped steps would take the report with them.
        """
        from sellsy_ledger.pipeline.approval import make_offer, offer_again
        from sellsy_ledger.pipeline.approval_overview import Overview, waiting_for
        from sellsy_ledger_airflow.runs import is_preview

        batches = self._batches(context)
        if not batches:
            raise AirflowFailException("No batch came through its preparation: nothing is asked, nothing is posted.")
        if is_preview(context["params"]):
            return batches
        with at_work(self.company) as opened:
            seen = Overview()
            offer = make_offer(opened, batches, show=seen.add)
            if offer is None:
                log.info("Nothing needs a person: %s batches go on.", len(batches))
                return batches
            waiting = waiting_for(opened.register, self.company)
            shown = offer_shown(
                self.park(
                    context,
                    subject=f"{opened.settings.name} : {some(len(offer.seals), 'pièce')} à valider",
                    body=approval_body(seen, offer, waiting, page=_page("preview", self.company)),
                    options=[APPROVE, APPROVE_BUT_MOVED, REFUSE] if _has_a_choice(offer) else [APPROVE, REFUSE],
                    wait=timedelta(hours=opened.settings.approval_hours),
                )
            )
            if shown != offer.id:
                log.warning("Airflow shows the question of an earlier try; what is new since then waits for the next.")
                offer = offer_again(opened.register, self.company, opened.run_id, shown or "", at=opened.now())
        log.info("%s documents wait for a person, of which %s with another date", len(offer.seals), len(offer.moved))
        raise self.until_answered(offer=offer.id)

    def answered(self, context: Context, event: dict[str, Any], *, offer: str) -> list[str]:
        """Store the answer; only the register is needed for it."""
        from sellsy_ledger.pipeline.approval import Answer, answer_offer
        from sellsy_ledger_airflow.stores import open_register

        reply = self.reply(event)
        said = {APPROVE: Answer.APPROVED, APPROVE_BUT_MOVED: Answer.APPROVED_BUT_MOVED, REFUSE: Answer.REFUSED}
        self.validate_chosen_options(reply.chosen)
        answer = said[reply.chosen[0]] if reply.who else Answer.UNANSWERED
        with open_register() as register:
            stored = answer_offer(
                register,
                self.company,
                context["dag_run"].run_id,
                offer,
                answer,
                who=reply.who,
                at=reply.at,
                remark=reply.remark,
            )
        approved = sum(map(stored.covers, stored.seals))
        level = logging.INFO if approved else logging.WARNING
        log.log(level, "%s by %s: %s of %s may go", answer, reply.who or "nobody", approved, len(stored.seals))
        return self._batches(context)

    def _batches(self, context: Context) -> list[str]:
        # A list of one task: its results of all batches. A batch whose preparation failed has none.
        counts: Iterable[Mapping[str, Any] | None] = context["ti"].xcom_pull(task_ids=[self.prepared_by])
        return [str(one["batch"]) for one in counts if one is not None]


class AcceptCorrections(AskAPerson):
    """Which of the proposed corrections may be carried out? The next run books them.

    Args:
        company: whose books.
    """

    def __init__(self, *, company: str, **kwargs: Any) -> None:
        super().__init__(company=company, options=[NOTHING], default=NOTHING, multiple=True, **kwargs)

    def execute(self, context: Context) -> dict[str, int]:
        """Ask, where something is proposed."""
        from sellsy_ledger.pipeline.corrections import stored_proposals
        from sellsy_ledger_airflow.settings import read_settings
        from sellsy_ledger_airflow.stores import open_register

        with open_register() as register:
            proposals = stored_proposals(register, self.company)
        if not proposals:
            log.info("No correction is proposed.")
            return {"proposed": 0, "accepted": 0, "void": 0}
        listed = proposals[:SHOWN_PROPOSALS]
        self.park(
            context,
            subject=f"{read_settings(self.company).name} : {some(len(proposals), 'correction proposée')}",
            body=corrections_body(listed, more=len(proposals) - len(listed), page=_page("decisions", self.company)),
            options=[*map(option_of, listed), NOTHING],
            wait=CORRECTIONS_TIMEOUT,
        )
        raise self.until_answered(proposed=len(proposals))

    def answered(self, context: Context, event: dict[str, Any], *, proposed: int) -> dict[str, int]:
        """Accept what was chosen, as it was shown: an option names its content.

        Raises:
            AirflowFailException: nobody answered; the proposals stay, and are asked about again.
        """
        from sellsy_ledger.pipeline.corrections import accept, stored_proposals
        from sellsy_ledger_airflow.stores import open_register

        reply = self.reply(event)
        if not reply.who:
            raise AirflowFailException(
                f"Nobody answered: {proposed} corrections are still proposed, none was accepted."
            )
        chosen = [option for option in reply.chosen if option != NOTHING]
        with open_register() as register:
            current = {option_of(one): one for one in stored_proposals(register, self.company)}
            seals = {current[option].key: current[option].seal for option in chosen if option in current}
            done = accept(register, self.company, seals, who=reply.who)
        void = len(chosen) - len(done.accepted)
        log.log(logging.WARNING if void else logging.INFO, "%s accepted, %s void", len(done.accepted), void)
        return {"proposed": proposed, "accepted": len(done.accepted), "void": void}


def _has_a_choice(offer: Any) -> bool:
    """True when some dates were moved and others were not."""
    return 0 < len(offer.moved) < len(offer.seals)


def _page(page: str, company: str) -> str:
    from airflow.configuration import conf

    return page_address(conf.get("api", "base_url", fallback=""), page, company)
