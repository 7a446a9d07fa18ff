using '../main.bicep'

param plan = 'Dedicated'
