"""The routes of FEC import operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, g, jsonify, request
from flask.typing import ResponseReturnValue

from sellsy_ledger_sandbox.inqom import answers
from sellsy_ledger_sandbox.inqom.books import Folder, Period, Refusal
from sellsy_ledger_sandbox.inqom.imports import Operation, integrate, look, read_fec
from sellsy_ledger_sandbox.inqom.state import State

__all__ = ["wire_operations"]

FEC_FIELDS = {
    *("exerciseId", "operationType", "temporary", "closeExercise", "shouldValidateEntries", "fileName"),
    *("withAnalytics", "withQuantities", "keepAccountLabels", "markLinesAsRevised", "keepLinesWithZeroAmount"),
    "fileAttachmentImportType",
}


def wire_operations(routes: Blueprint, state: State) -> None:
    """Add the routes of FEC imports."""
    base = "/api/app/enterprises/<int:folder_id>/operations"

    def operation_of(operation_id: int) -> Operation:
        found = state.operations.get(operation_id)
        if found is None or found.exercise not in g.folder.periods:
            raise Refusal("", 404)
        return found

    @routes.post(base)
    def post_operation() -> ResponseReturnValue:
        form, files = request.form.to_dict(), request.files.to_dict()
        with state.world.lock:
            exercise = _exercise(g.folder, form, files)
            read = read_fec(
                g.folder, exercise, files["file"].stream.read(), form.get("fileAttachmentImportType", "None")
            )
            entries, issues = read if read is not None else ([], ["Le fichier n'est pas un FEC."])
            operation = Operation(
                g.folder.new_id(),
                exercise,
                entries,
                issues,
                form["operationType"] == "ReplaceAll",
                status="Received" if read is not None else "ParsingFail",
                lines=sum(len(each.lines) for each in entries),
            )
            state.operations[operation.id] = operation
        return jsonify({"Id": operation.id, "EnterpriseId": g.folder.id, "ExerciseId": exercise.id})

    @routes.get(f"{base}/<int:operation_id>")
    def get_operation(operation_id: int) -> ResponseReturnValue:
        with state.world.lock:
            operation = operation_of(operation_id)
            return jsonify(answers.operation_state(g.folder, operation, look(operation)))

    @routes.get(f"{base}/<int:operation_id>/issues")
    def issues(operation_id: int) -> ResponseReturnValue:
        return jsonify({"Issues": [{"Message": text} for text in operation_of(operation_id).issues]})

    @routes.post(f"{base}/<int:operation_id>/integrate")
    def post_integrate(operation_id: int) -> ResponseReturnValue:
        with state.world.lock:
            if not integrate(g.folder, operation_of(operation_id)):
                raise Refusal("L'opération ne peut pas être intégrée.")
        return "", 204

    @routes.delete(f"{base}/<int:operation_id>")
    def delete(operation_id: int) -> ResponseReturnValue:
        with state.world.lock:
            operation = operation_of(operation_id)
            ids = {each.id for each in operation.entries}
            g.folder.entries = [each for each in g.folder.entries if each.id not in ids]
            operation.status = "Remove"
        return "", 204


def _exercise(folder: Folder, form: Mapping[str, str], files: Mapping[str, Any]) -> Period:
    kinds = ("KeepExisting", "ReplaceAll")
    if set(files) != {"file"} or set(form) - FEC_FIELDS or form.get("operationType") not in kinds:
        raise Refusal({"Message": "La requête est invalide."})
    if form.get("fileAttachmentImportType", "None") not in ("None", "NomFichier", "PieceRef"):
        raise Refusal({"Message": "fileAttachmentImportType est invalide."})
    exercise = next((each for each in folder.periods if str(each.id) == form.get("exerciseId")), None)
    if exercise is None:
        raise Refusal({"Message": "L'exercice n'existe pas."})
    if exercise.locked:
        raise Refusal("L'exercice est clôturé.")
    return exercise
