package page

import "slices"

// protections are what keeps the environment and what it holds from harm.
func (w *writer) protections() error {
	e := w.env
	var rows facts
	rows.add("Deletion of objects by Argo CD", when(e.Protected(), "a person confirms each", "without a person"))
	if len(e.AllowDeletion) > 0 {
		rows.add("Deletion of claims", "refused but for "+codes(e.AllowDeletion))
	} else {
		rows.add("Deletion of claims", "refused")
	}
	rows.add("Sync by Argo CD", when(e.ArgoCD.Automated, "automated, drift is healed", "by a person"))
	for _, window := range e.ArgoCD.SyncWindows {
		rows.add("Sync window", code(window.Kind)+" "+code(window.Schedule)+" for "+code(window.Duration)+", "+code(window.TimeZone)+
			when(window.ManualSync, ", a person may sync outside", ""))
	}
	w.networkProtections(&rows)
	w.clusterProtections(&rows)
	w.databaseProtections(&rows)
	w.edgeProtections(&rows)
	w.registryProtections(&rows)
	if o := e.Observability; o != nil {
		rows.add("Logs of workloads and nodes", days(o.LogRetentionDays))
		rows.add("Alarms reach", when(o.Receivers.Empty(), "nobody", codes(slices.Concat(o.Receivers.Emails, o.Receivers.Endpoints))+
			when(o.Receivers.Slack != nil, " a channel of Slack", "")))
	}
	if s := e.StateBackend; s != nil {
		rows.add("Older versions of Terraform states", days(s.NoncurrentDays)+", and the last "+number(s.KeepVersions)+" for ever")
	}
	w.list("Protections", rows)
	return nil
}

func (w *writer) networkProtections(rows *facts) {
	if n := w.env.Network; n != nil {
		rows.add("Flow logs", when(n.FlowLogs.Enabled, code(n.FlowLogs.Traffic)+" traffic, "+days(n.FlowLogs.RetentionDays), "no"))
	}
}

func (w *writer) clusterProtections(rows *facts) {
	cluster := w.env.Cluster
	if cluster == nil {
		return
	}
	rows.add("Deletion protection of the cluster", yes(cluster.DeletionProtection))
	rows.add("Kubernetes Secrets", when(cluster.SecretsEncryption, "encrypted with a KMS key of the environment's own", "encrypted with a key of AWS's"))
	rows.add("Logs of the control plane", join([]inline{codes(cluster.Logs), days(cluster.LogRetentionDays)}, ", "))
}

func (w *writer) databaseProtections(rows *facts) {
	d := w.env.Database
	if d == nil {
		return
	}
	rows.add("Deletion protection of the database", yes(d.DeletionProtection))
	rows.add("Last snapshot of the database", yes(d.FinalSnapshot))
	rows.add("Backups of the database", days(d.Backup.RetentionDays)+", made at "+code(d.Backup.Window)+" UTC")
	rows.add("Changes that interrupt the database", when(d.ApplyImmediately, "at once", "in the maintenance window, "+code(d.MaintenanceWindow)+" UTC"))
	rows.add("Encryption of the database", "a KMS key of the environment's own; connections with TLS alone")
	rows.add("Logs of the database", days(d.LogRetentionDays))
	rows.add("Alarms of the database go to", codes(d.AlarmTopics))
}

func (w *writer) edgeProtections(rows *facts) {
	if !w.env.Serves() {
		return
	}
	edge := w.env.Edge
	rows.add("Web ACL", code(edge.WAF.Mode)+", "+number(edge.WAF.RateLimit)+" requests of one address in five minutes"+
		when(w.env.LoadBalancerACL() != "", ", also before the load balancer", ""))
	rows.add("Rules of the web ACL that only count", codes(edge.WAF.CountedRules))
	rows.add("HSTS", days(edge.Headers.HSTSDays))
	if edge.SPA.Enabled {
		rows.add("Replaced files of the single-page application", days(edge.SPA.NoncurrentDays))
	}
	rows.add("Logs of the edge", days(edge.Logs.RetentionDays)+when(edge.Logs.Access, "", ", without access logs"))
}

func (w *writer) registryProtections(rows *facts) {
	r := w.env.Registry
	if r == nil {
		return
	}
	rows.add("Scans of images", code(r.Scanning.Type)+", "+code(r.Scanning.Frequency))
	rows.add("Tags of images", when(len(r.MutableTags) == 0, "immutable", "immutable but for "+codes(r.MutableTags)))
	rows.add("Repositories with images", when(r.ForceDelete, "may be deleted", "cannot be deleted"))
	exact, patterns := []string{}, []string{}
	for _, repository := range r.Resolved() {
		e, p := repository.GitHub.Subjects(r.GitHub.Organization)
		exact, patterns = append(exact, e...), append(patterns, p...)
	}
	rows.add("Who may push", codes(slices.Concat(exact, patterns)))
	rows.add("Accounts that pull", codes(w.config.PullAccounts(w.env)))
}

func when(is bool, then, otherwise inline) inline {
	if is {
		return then
	}
	return otherwise
}

func days(n int) inline {
	if n == 1 {
		return "1 day"
	}
	return number(n) + " days"
}
