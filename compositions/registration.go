package compositions

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/innovate-inc/genops/schema"
)

const (
	keySecret      = "secret"
	requireCluster = "cluster"
	requireMetrics = "metrics"
	// waitingTTL and registeredTTL are how long the function's answer counts: Crossplane does not watch what a function only reads.
	waitingTTL    = 15 * time.Second
	registeredTTL = 2 * time.Minute
)

// composeRegistration makes Argo CD's Secret of a workload cluster once EKS has given the cluster its endpoint. The Secret holds no secret: Argo CD
// assumes a role (Argo CD: declarative setup, EKS). It is a composite of its own, in Git apart from the claim, so that a cluster that is being
// deleted can still be reached.
func composeRegistration(spec *schema.ClusterRegistrationSpec, meta schema.ClaimMeta, observed Observed) (*Result, error) {
	b := newBuilder(meta, "ClusterRegistration", claimRegistration, observed)
	source := observed.Required[requireCluster]
	endpoint := text(source, "status", "atProvider", "endpoint")
	ca := text(source, "status", "atProvider", "certificateAuthority", 0, "data")
	ttl := registeredTTL
	var data fields
	switch {
	case endpoint != "" && ca != "":
		made, err := secretData(spec, endpoint, ca)
		if err != nil {
			return nil, err
		}
		data = made
	default:
		ttl = waitingTTL
		// What is registered stays registered when the cluster cannot be read for a moment: what is not returned is deleted.
		registered, _ := at(observed.Resources[keySecret], "data").(fields)
		data = maps.Clone(registered)
	}
	workspace := metricsWorkspace(spec, observed)
	if spec.Metrics && workspace == "" {
		ttl = waitingTTL
	}
	if data == nil {
		b.hold(keySecret, "registration")
	} else {
		labels := fields{"argocd.argoproj.io/secret-type": "cluster"}
		for key, value := range spec.Labels {
			labels[key] = value
		}
		if workspace != "" {
			labels[schema.LabelMetrics] = workspace
		}
		made := b.put(keySecret, "registration", fields{
			"apiVersion": "v1",
			"kind":       "Secret",
			"metadata": fields{
				"name": "cluster-" + spec.ClusterName, "namespace": "argocd", "labels": labels,
				"annotations": fields{"genops.dev/account": meta.Account},
			},
			"type": "Opaque",
			"data": data,
		})
		made.fromObserved("data.server", "data.config")
		if workspace != "" {
			made.fromObserved("metadata.labels")
		}
	}
	result, err := b.result()
	if err != nil {
		return nil, err
	}
	result.TTL = ttl
	result.Requirements = []Requirement{{
		Name: requireCluster, APIVersion: b.eksCluster.group + "/" + b.eksCluster.version, Kind: b.eksCluster.name, MatchName: ClusterResource(meta.Environment),
	}}
	if spec.Metrics {
		result.Requirements = append(result.Requirements, Requirement{
			Name: requireMetrics, APIVersion: b.metrics.group + "/" + b.metrics.version, Kind: b.metrics.name, MatchName: MetricsResource(meta.Environment),
		})
	}
	result.Status = fields{"secretName": "cluster-" + spec.ClusterName}
	if endpoint != "" {
		result.Status["server"] = endpoint
	}
	switch {
	case len(b.held) > 0:
		result.Condition.Message = "waiting for EKS to give the endpoint of " + spec.ClusterName
	case result.Condition.Ready && spec.Metrics && workspace == "":
		result.Condition = Condition{Reason: ReasonWaiting, Message: "waiting for AWS to give the id of the workspace for the metrics of " + spec.ClusterName}
	}
	return result, nil
}

// metricsWorkspace is the id of the workspace that the cluster's metrics are sent to; empty until AWS has given it. The Secret does not wait for it,
// and keeps it: without the label the add-ons that need it would be deleted.
func metricsWorkspace(spec *schema.ClusterRegistrationSpec, observed Observed) string {
	if !spec.Metrics {
		return ""
	}
	return cmp.Or(
		text(observed.Required[requireMetrics], "status", "atProvider", "id"),
		text(observed.Resources[keySecret], "metadata", "labels", schema.LabelMetrics),
	)
}

// secretData is the content of a cluster Secret (Argo CD: declarative setup, clusters).
func secretData(spec *schema.ClusterRegistrationSpec, server, ca string) (fields, error) {
	config, err := json.Marshal(map[string]any{
		"awsAuthConfig":   map[string]any{"clusterName": spec.ClusterName, "roleARN": spec.RoleARN},
		"tlsClientConfig": map[string]any{"insecure": false, "caData": ca},
	})
	if err != nil {
		return nil, fmt.Errorf("write configuration of %s: %w", spec.ClusterName, err)
	}
	encode := func(text []byte) string { return base64.StdEncoding.EncodeToString(text) }
	return fields{"name": encode([]byte(spec.ClusterName)), "server": encode([]byte(server)), "config": encode(config)}, nil
}
