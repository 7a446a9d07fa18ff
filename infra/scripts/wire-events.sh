#!/bin/sh
# Subscribes the app to the files that are dropped: waits until the published code has made its key, then deploys
# infra/events.bicep. May be run again at any time. `azd` runs it after each deployment, with these variables set from the
# outputs of main.bicep; by hand:
#   AZURE_RESOURCE_GROUP=... FUNCTION_APP_NAME=... EVENT_TOPIC_NAME=... STORAGE_ACCOUNT_NAME=... infra/scripts/wire-events.sh
# `az` has a login of its own, and uses AZURE_SUBSCRIPTION_ID if that is set, else its default subscription.
set -eu

group=${AZURE_RESOURCE_GROUP:?is not set: the resource group of the deployment}
app=${FUNCTION_APP_NAME:?is not set: an output of main.bicep}
storage=${STORAGE_ACCOUNT_NAME:?is not set: an output of main.bicep}
topic=${EVENT_TOPIC_NAME-}
tries=${WIRE_EVENTS_TRIES:-40}
pause=${WIRE_EVENTS_PAUSE:-15}
infra=$(cd "$(dirname "$0")/.." && pwd)

if [ -z "$topic" ]; then
    echo 'EVENT_TOPIC_NAME is empty: on this plan the app looks for files itself, and there is nothing to wire.' >&2
    exit 0
fi

has_key() {
    key=$(az functionapp keys list --resource-group "$group" --name "$app" \
        --query 'systemKeys.blobs_extension != null' --output tsv \
        ${AZURE_SUBSCRIPTION_ID:+--subscription "$AZURE_SUBSCRIPTION_ID"}) && [ "$key" = true ]
}

# Event Grid calls the webhook before it takes the subscription, and an app that is just starting does not answer yet.
wire() {
    az deployment group create --resource-group "$group" --name events --template-file "$infra/events.bicep" \
        --parameters functionAppName="$app" topicName="$topic" storageAccountName="$storage" --output none \
        ${AZURE_SUBSCRIPTION_ID:+--subscription "$AZURE_SUBSCRIPTION_ID"}
}

attempt=1
until has_key && wire; do
    if [ "$attempt" -ge "$tries" ]; then
        echo "The events of $storage were not wired to $app after $tries tries; what az said is above." >&2
        echo 'Is the code published (func azure functionapp publish)? Then run this again.' >&2
        exit 1
    fi
    echo "$app is not ready for events yet ($attempt of $tries); trying again in $pause s ..." >&2
    attempt=$((attempt + 1))
    sleep "$pause"
done
echo "Files dropped into $storage are sent to $app." >&2
