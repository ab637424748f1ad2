"""The Monitoring stack: monitors of what serves, alarms, a dashboard; one file per monitor in monitors/."""
