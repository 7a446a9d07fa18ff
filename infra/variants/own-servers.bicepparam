using '../main.bicep'

// Elastic Premium with the polling trigger, and a Form Recognizer that was there already, in another resource group.
param plan = 'Premium'
param existingFormRecognizerId = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/shared/providers/Microsoft.CognitiveServices/accounts/reader'
param existingFormRecognizerEndpoint = 'https://reader.cognitiveservices.azure.com'
