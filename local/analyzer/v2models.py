"""The models of REST v2.0 and v2.1: train, compose, list, show, delete."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from local.analyzer.exchange import Response, answer, dates, error, json_object, moment
from local.analyzer.routing import one_page
from local.analyzer.store import StoredModel

if TYPE_CHECKING:
    from local.analyzer.routing import Call

LONGEST_NAME = 1024
LONGEST_SOURCE = 2048
INVALID_REQUEST = "Train request is either invalid or missing required fields."


def usable(call: Call, model_id: str) -> StoredModel | None:
    """The model, if it is there and ready; v2.0 does not know composed ones."""
    model = call.jobs.model(model_id, "v2")
    if model is None or model.status != "ready" or (model.components and call.version == "2.0"):
        return None
    return model


def train(call: Call) -> Response:
    """201 and a model that is `creating`; `modelName` is of v2.1, v2.0 passes over it."""
    data = json_object(call.request.body)
    if data is None or not _is_training_request(data):
        return error(400, "1002", INVALID_REQUEST)
    full = _full(call)
    if full:
        return full
    chosen = data.get("sourceFilter") or {}
    request = {
        "source": data["source"],
        "prefix": chosen.get("prefix") or "",
        "subfolders": bool(chosen.get("includeSubFolders")),
    }
    model = _new(call, data, "creating", request=request, is_labelled=bool(data.get("useLabelFile")))
    call.jobs.start_training(model)
    return _created(call, model)


def compose(call: Call) -> Response:
    """201 and a model that asks each of its components; only labelled models can be components."""
    data = json_object(call.request.body) or {}
    ids = data.get("modelIds")
    if not isinstance(ids, list) or len({str(one) for one in ids}) < 2:  # noqa: PLR2004 - one model composes nothing
        return error(400, "1001", "Parameter 'ModelIds' is either null or has less than two unique models.")
    parts = []
    for one in dict.fromkeys(str(one) for one in ids):
        model = usable(call, one)
        if model is None or not model.is_labelled or model.components:
            message = "Specified model not found or not ready or has incompatible API version, Model Id: "
            return error(400, "1001", message + one)
        parts.append(asdict(model))
    full = _full(call)
    if full:
        return full
    model = _new(call, data, "ready", components=parts, is_labelled=True)
    call.jobs.store.save_model(model)
    return _created(call, model)


def _new(call: Call, data: dict[str, Any], status: Any, **more: Any) -> StoredModel:  # noqa: ANN401 - the model's own
    now = call.jobs.clock()
    name = data.get("modelName") if call.version != "2.0" else None
    return StoredModel(str(uuid.uuid4()), name, status, now, now, version=call.version, **more)


def _created(call: Call, model: StoredModel) -> Response:
    return Response(201, {"Location": f"{call.url}/custom/models/{model.id}"})


def _full(call: Call) -> Response | None:
    """Invalid models count until they are deleted."""
    limit = call.jobs.tier.models
    if len(call.jobs.store.models("v2")) < limit:
        return None
    return error(400, "1014", f"Maximum number of models ({limit}) is reached. Delete models that are not needed.")


def _is_training_request(data: dict[str, Any]) -> bool:
    source, name, chosen = data.get("source"), data.get("modelName", ""), data.get("sourceFilter") or {}
    prefix = chosen.get("prefix", "") if isinstance(chosen, dict) else None
    texts = ((source, LONGEST_SOURCE), (name or "", LONGEST_NAME), ("" if prefix is None else prefix, LONGEST_NAME))
    return bool(source) and isinstance(chosen, dict) and all(isinstance(t, str) and len(t) <= most for t, most in texts)


def show(call: Call) -> Response:
    """The model; keys only on demand, while it is `creating` nothing but its name and times."""
    model = call.jobs.model(call.parts["model"], "v2")
    return _not_found(call) if model is None else answer(200, _model(call, model))


def delete(call: Call) -> Response:
    """204."""
    deleted = call.jobs.store.delete_model(call.parts["model"], "v2")
    return Response(204) if deleted else _not_found(call)


def _not_found(call: Call) -> Response:
    return error(404, "1022", f"Model with 'id={call.parts['model']}' not found.")


def _model(call: Call, model: StoredModel) -> dict[str, Any]:
    info = {"modelInfo": _info(call, model)}
    if model.status == "creating":
        return info
    if model.components:
        results = [{**_train_result(part), "modelId": part.id} for part in model.parts]
        return {**info, "composedTrainResults": results}
    wants_keys = call.is_true("includekeys") and not model.is_labelled
    keys = {"keys": {"clusters": _clusters(model)}} if wants_keys else {}
    return {**info, **keys, "trainResult": _train_result(model)}


def _train_result(model: StoredModel) -> dict[str, Any]:
    if not model.is_labelled:
        return {"trainingDocuments": model.documents, "errors": model.errors}
    documents = [{name: part for name, part in one.items() if name != "errors" or part} for one in model.documents]
    fields = [{"fieldName": one["name"], "accuracy": one["accuracy"]} for one in model.fields]
    accuracy = {"averageModelAccuracy": model.accuracy} if model.status == "ready" else {}
    return {**accuracy, "trainingDocuments": documents, "fields": fields, "errors": model.errors}


def _info(call: Call, model: StoredModel) -> dict[str, Any]:
    told: dict[str, Any] = {"modelId": model.id}
    if call.version != "2.0":
        told |= {"modelName": model.name} if model.name is not None else {}
        told["attributes"] = {"isComposed": bool(model.components)}
    return {**told, "status": model.status, **dates(model.created, model.updated)}


def _clusters(model: StoredModel) -> dict[str, list[str]]:
    pages = model.learned["pages"] if model.learned else []
    return {str(number): sorted({key["text"] for key in page["keys"]}) for number, page in enumerate(pages)}


def listed(call: Call) -> Response:
    """A page of all models, or with `op=summary` how many there are; `nextLink` is empty on the last page."""
    models = call.jobs.models("v2")
    if call.request.query.get("op", "full").lower() == "summary":
        last = max((model.updated for model in models), default=call.jobs.clock())
        summary = {"count": len(models), "limit": call.jobs.tier.models, "lastUpdatedDateTime": moment(last)}
        return answer(200, {"summary": summary})
    shown, following = one_page(call, models)
    link = f"{call.url}/custom/models?skip={following}" if following else ""
    return answer(200, {"modelList": [_info(call, model) for model in shown], "nextLink": link})
