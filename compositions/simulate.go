package compositions

import (
	"cmp"
	"encoding/base64"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// Simulated stands in every value that only AWS knows and that the CLI has to invent.
const Simulated = "simulated"

// Simulate composes a claim offline, as if all of it were there: every resource exists and is ready, and AWS has given
//
//   - a key the ARN ...:key/simulated,
//   - an EKS cluster the endpoint https://simulated..., the issuer .../id/SIMULATED, a certificate authority, and the version that was asked for,
//   - a launch template the version 1,
//   - an image repository its address, and a role or a policy its ARN, which follow from their names,
//   - a hosted zone, a certificate, a distribution and what it is made of the values that existingEdge has,
//   - a database the endpoints simulated..., and the first minor version of the major one that was asked for,
//   - what watches an account its ARN,
//   - an organization its root r-simulated, and units, accounts, groups and permission sets ids that say simulated, unless they were adopted,
//   - a workspace of metrics the id ws-simulated, and Grafana a host name that begins with g-simulated,
//   - everything else an id that says simulated.
//
// It returns the result and the observation that it was made of.
func Simulate(c Composition, spec map[string]any) (*Result, Observed, error) {
	observed := Observed{Resources: map[string]map[string]any{}, Required: map[string]map[string]any{}}
	_, meta, err := decode[schema.ClaimMeta](onlyMeta(spec))
	if err != nil {
		return nil, observed, err
	}
	// What one resource waits for, another one gives: each round observes more, until nothing is new.
	for {
		result, err := c.Compose(spec, observed)
		if err != nil {
			return nil, observed, err
		}
		news := false
		for _, resource := range result.Resources {
			// What counts only at the beginning may come later: it is told to the provider when the resource is there.
			seen, there := observed.Resources[resource.Key]
			if !there || !reflect.DeepEqual(at(seen, "spec", "initProvider"), at(resource.Object, "spec", "initProvider")) {
				observed.Resources[resource.Key] = existing(meta, resource.Object)
				news = true
			}
		}
		for _, requirement := range result.Requirements {
			if _, seen := observed.Required[requirement.Name]; !seen {
				observed.Required[requirement.Name] = existing(meta, fields{
					"apiVersion": requirement.APIVersion, "kind": requirement.Kind, "metadata": fields{"name": requirement.MatchName},
				})
				news = true
			}
		}
		if !news {
			return result, observed, nil
		}
	}
}

// MarkSimulated names, in an annotation of each resource, the fields whose values are simulated.
func (r *Result) MarkSimulated() {
	for _, resource := range r.Resources {
		if len(resource.FromObserved) > 0 {
			c := composed{resource: &resource}
			c.annotate(AnnotationSimulated, strings.Join(slices.Sorted(slices.Values(resource.FromObserved)), ", "))
		}
	}
}

// onlyMeta are the fields of a spec that all claims have.
func onlyMeta(spec map[string]any) map[string]any {
	meta := fields{}
	for _, name := range []string{"environment", "stage", "account", "region", "project", "tags", "adopt"} {
		if value, ok := spec[name]; ok {
			meta[name] = value
		}
	}
	return meta
}

// existing is a resource as the control plane would show it once AWS has made it.
func existing(meta schema.ClaimMeta, object map[string]any) map[string]any {
	seen := maps.Clone(object)
	provider := fields{"id": Simulated + "-" + text(object, "metadata", "name")}
	if strings.HasPrefix(text(object, "apiVersion"), "rds.") || strings.HasPrefix(text(object, "apiVersion"), "secretsmanager.") {
		simulateDatabase(meta, object, provider)
		return observedAs(seen, provider)
	}
	switch text(object, "kind") {
	case "Key":
		there := meta
		there.Region = text(object, "spec", "forProvider", "region")
		provider["arn"] = arn(there, "kms", "key/"+Simulated)
	case "LaunchTemplate":
		provider["id"], provider["latestVersion"] = "lt-"+Simulated, int64(1)
	case "Repository":
		name := text(object, "metadata", "annotations", annotationExternalName)
		provider["arn"], provider["repositoryUrl"] = arn(meta, "ecr", "repository/"+name), schema.RegistryHost(meta.Account, meta.Region)+"/"+name
	case "Role":
		provider["arn"] = iamARN(meta, "role/"+text(object, "metadata", "annotations", annotationExternalName))
	case "Policy":
		provider["arn"] = iamARN(meta, "policy/"+text(object, "metadata", "annotations", annotationExternalName))
	case "Topic":
		provider["arn"] = schema.AlarmTopic(meta, text(object, "spec", "forProvider", "region"))
	case "Workspace":
		simulateWorkspace(meta, object, provider)
	case "EIP":
		provider["publicIp"] = Simulated
	case "Cluster":
		provider["arn"] = arn(meta, "eks", "cluster/"+text(object, "metadata", "annotations", annotationExternalName))
		provider["endpoint"] = "https://" + Simulated + ".gr7." + meta.Region + ".eks.amazonaws.com"
		provider["identity"] = []any{fields{"oidc": []any{fields{
			"issuer": "https://oidc.eks." + meta.Region + ".amazonaws.com/id/" + strings.ToUpper(Simulated),
		}}}}
		provider["certificateAuthority"] = []any{fields{"data": base64.StdEncoding.EncodeToString([]byte(Simulated))}}
		provider["vpcConfig"] = fields{"clusterSecurityGroupId": "sg-" + Simulated}
		if version := text(object, "spec", "forProvider", "version"); version != "" {
			provider["version"] = version
		}
	case "Trail":
		provider["arn"] = arn(meta, "cloudtrail", "trail/"+text(object, "metadata", "annotations", annotationExternalName))
	case "Analyzer":
		provider["arn"] = arn(meta, "access-analyzer", "analyzer/"+text(object, "metadata", "annotations", annotationExternalName))
	case "Organization":
		provider["id"] = text(object, "metadata", "annotations", annotationExternalName)
		provider["roots"] = []any{fields{"id": "r-" + Simulated}}
	case "Account":
		// Security Hub has a kind of this name, too.
		if strings.HasPrefix(text(object, "apiVersion"), managed().securityHub.group) {
			provider["arn"] = arn(meta, "securityhub", "hub/default")
		} else {
			maps.Copy(provider, existingOrganization(object))
		}
	case "OrganizationalUnit", "PermissionSet", "Group":
		maps.Copy(provider, existingOrganization(object))
	default:
		maps.Copy(provider, existingEdge(meta, object))
	}
	return observedAs(seen, provider)
}

// simulateWorkspace is what AWS gives to a workspace of metrics, or to one of Grafana.
func simulateWorkspace(meta schema.ClaimMeta, object map[string]any, provider fields) {
	if strings.HasPrefix(text(object, "apiVersion"), "grafana.") {
		provider["id"] = "g-" + Simulated
		provider["endpoint"] = "g-" + Simulated + ".grafana-workspace." + meta.Region + ".amazonaws.com"
		return
	}
	provider["id"], provider["arn"] = "ws-"+Simulated, arn(meta, "aps", "workspace/ws-"+Simulated)
}

// observedAs is a resource that is ready and has what AWS gave.
func observedAs(seen map[string]any, provider fields) map[string]any {
	seen["status"] = fields{
		"atProvider": provider,
		"conditions": []any{fields{"type": "Synced", "status": "True"}, fields{"type": "Ready", "status": "True"}},
	}
	return seen
}

// simulateDatabase is what AWS gives to the resources of a database.
func simulateDatabase(meta schema.ClaimMeta, object map[string]any, provider fields) {
	region := text(object, "spec", "forProvider", "region")
	meta.Region = region
	name := text(object, "metadata", "annotations", annotationExternalName)
	switch text(object, "kind") {
	case "Cluster":
		provider["arn"] = arn(meta, "rds", "cluster:"+name)
		provider["endpoint"] = name + ".cluster-" + Simulated + "." + region + ".rds.amazonaws.com"
		provider["readerEndpoint"] = name + ".cluster-ro-" + Simulated + "." + region + ".rds.amazonaws.com"
		provider["clusterResourceId"] = "cluster-" + strings.ToUpper(Simulated)
		version := cmp.Or(text(object, "spec", "forProvider", "engineVersion"), text(object, "spec", "initProvider", "engineVersion"))
		if version != "" && !strings.Contains(version, ".") {
			version += ".0"
		}
		provider["engineVersionActual"] = version
		if managed, _ := at(object, "spec", "forProvider", "manageMasterUserPassword").(bool); managed {
			provider["masterUserSecret"] = []any{fields{"secretArn": arn(meta, "secretsmanager", "secret:rds!cluster-"+Simulated)}}
		}
	case "GlobalCluster":
		provider["arn"] = "arn:" + schema.Partition(region) + ":rds::" + meta.Account + ":global-cluster:" + name
		provider["engineVersionActual"] = text(object, "spec", "forProvider", "engineVersion")
	case "Secret":
		provider["arn"] = arn(meta, "secretsmanager", "secret:"+text(object, "spec", "forProvider", "name")+"-"+Simulated)
	}
}
