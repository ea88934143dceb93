package check

import (
	"fmt"
	"time"
	_ "time/tzdata" // Time zones are known on every machine, so that every machine gives the same answer.

	"github.com/robfig/cron/v3"

	"github.com/innovate-inc/genops/schema"
)

// windows checks the schedules and time zones of sync windows.
func windows(r *report, e *schema.Environment) {
	for i, w := range e.ArgoCD.SyncWindows {
		field := fmt.Sprintf("argocd.syncWindows[%d]", i)
		schedule(r, e, field+".schedule", w.Schedule)
		// Local is a name that Go knows, and another time on each machine.
		if _, err := time.LoadLocation(w.TimeZone); err != nil || w.TimeZone == "Local" {
			r.error(e, field+".timeZone", fmt.Sprintf("%q is not a time zone: allowed are names such as Europe/Berlin or UTC", w.TimeZone))
		}
	}
}

// schedule checks a cron schedule with the library that Argo CD and Karpenter read it with.
func schedule(r *report, e *schema.Environment, field, text string) {
	if _, err := cron.ParseStandard(text); err != nil {
		r.error(e, field, fmt.Sprintf("%q is not a cron schedule", text),
			"five fields: minute, hour, day of the month, month, day of the week, such as \"0 8 * * mon-fri\"")
	}
}
