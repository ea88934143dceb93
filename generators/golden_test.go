package generators_test

import (
	"slices"
	"strings"
	"testing"
)

// An environment that asks for much, and one that asks for little.
const (
	prodLines = "\tstage: \"prod\"\n\tnetwork: cidr: \"10.40.0.0/16\"\n\tcluster: {}"
	devLines  = "\tstage: \"dev\"\n\tnetwork: cidr: \"10.20.0.0/16\"\n\tcluster: {}"
)

// TestGolden shows the objects of one domain for one small configuration each. Every case names what must not be in its output, and the
// sibling that takes away what the case is about: prefixes of paths, or texts, that the sibling then lacks.
func TestGolden(t *testing.T) {
	t.Parallel()
	type sibling struct {
		environment string   // Lines of the environment; empty: the same.
		platform    string   // Lines of the platform; empty: the same.
		lacks       []string // Texts that the case has and the sibling does not.
	}
	cases := map[string]struct {
		reason      string
		environment string // Lines of an environment called app.
		platform    string
		shows       []string // Prefixes of paths.
		absent      []string // Texts that must not be in the output.
		sibling     sibling
	}{
		"network/computed": {
			reason:      "three tiers in three zones, from the VPC's range",
			environment: prodLines,
			shows:       []string{"app/claims/network"},
			absent:      []string{"10.40.96.0", "eu-west-1d", "compositionRevision", "natGateways: single", "allow-deletion"},
			sibling:     sibling{environment: devLines, lacks: []string{"natGateways: perZone", "ecr.api", "Prune=confirm", "traffic: ALL", "xnetworks-prod"}},
		},
		"network/explicit": {
			reason: "given subnets and no data tier: a VPC without a cluster has no discovery tag",
			environment: "\tstage: \"dev\"\n\tregion: \"us-east-2\"\n\tnetwork: {cidr: \"10.50.0.0/16\", zones: 2, subnets: {\n" +
				"\t\tpublic: [\"10.50.0.0/20\", \"10.50.16.0/20\"], privateApp: [\"10.50.32.0/20\", \"10.50.48.0/20\"]\n\t}}",
			shows:   []string{"app/"},
			absent:  []string{"us-east-2c", "10.50.224", "10.50.240", "kind: Cluster", "kind: NodePool"},
			sibling: sibling{environment: "\tstage: \"dev\"\n\tregion: \"us-east-2\"\n\tnetwork: {cidr: \"10.50.0.0/16\", zones: 2}", lacks: []string{"privateData: []", "10.50.32.0/20"}},
		},
		"cluster/private": {
			reason: "access, add-ons, a name and a version of its own, and no way in from outside",
			environment: "\tstage: \"prod\"\n\tnetwork: cidr: \"10.40.0.0/16\"\n\tcluster: {\n\t\tname: \"main\", version: \"1.34\", endpoint: public: false\n" +
				"\t\tlogs: [\"audit\"]\n\t\taddons: {\"aws-efs-csi-driver\": version: \"v2.1.0-eksbuild.1\", \"aws-ebs-csi-driver\": enabled: false}\n" +
				"\t\taccess: {admins: {principalARN: \"arn:aws:iam::111122223333:role/Admin\", policy: \"ClusterAdmin\"}\n" +
				"\t\t\tapi: {principalARN: \"arn:aws:iam::111122223333:role/Api\", policy: \"Edit\", namespaces: [\"api\"]}}\n\t}",
			platform: "\tbootstrap: egressCIDRs: [\"198.51.100.10/32\"]",
			shows:    []string{"app/claims/cluster"},
			absent:   []string{"198.51.100", "aws-ebs-csi-driver", "acme-app", "authenticator"},
			sibling:  sibling{environment: prodLines, lacks: []string{"name: main", "arn:aws:iam::111122223333:role/Admin", "public: false", "aws-efs-csi-driver"}},
		},
		"cluster/public": {
			reason: "the bootstrap cluster's addresses and the environment's own, sorted, each once",
			environment: "\tstage: \"dev\"\n\tnetwork: cidr: \"10.20.0.0/16\"\n\tcluster: {endpoint: allowedCIDRs: [\"203.0.113.0/24\", \"198.51.100.10/32\"]\n" +
				"\t\tsystemNodes: {architecture: \"amd64\", amiFamily: \"AL2023\", min: 3, max: 6}}",
			platform: "\tbootstrap: egressCIDRs: [\"198.51.100.11/32\", \"198.51.100.10/32\"]\n\tversions: addons: coredns: {\"1.34\": \"v1.0.0-eksbuild.1\", \"1.35\": \"v1.13.2-eksbuild.1\"}",
			shows:    []string{"app/claims/cluster"},
			absent:   []string{"0.0.0.0/0", "v1.0.0-eksbuild.1", "m7g", "deletionProtection: true", "Prune=confirm"},
			sibling:  sibling{environment: devLines, lacks: []string{"203.0.113.0/24", "m6i.large", "AL2023"}},
		},
		"cluster/deletable": {
			reason:      "a cluster that may go, and the network that it runs in and that stays",
			environment: devLines + "\n\tallowDeletion: [\"cluster\"]",
			shows:       []string{"app/claims", "bootstrap/registrations"},
			absent:      []string{"Prune=confirm", "sync-wave: \"0\"", "replayDeletion: true"},
			sibling:     sibling{environment: devLines, lacks: []string{"genops.dev/allow-deletion: \"true\""}},
		},
		"edge/defaults": {
			reason:      "a domain of its own, with a single-page application and an API behind services' ports",
			environment: prodLines + "\n\tedge: {delegation: \"manual\", hosts: [\"shop.app.acme.example\", \"a.app.acme.example\"]}\n\tservices: {web: network: {loadBalancer: true, port: 3000}, api: {}}",
			shows:       []string{"app/claims/edge"},
			absent:      []string{"8080", "origin.", "mode: count"},
			sibling: sibling{
				environment: devLines + "\n\tedge: {delegation: \"manual\", apiPaths: []}",
				lacks:       []string{"Prune=confirm", "hstsDays: 730", "prefixList: pl-4fa04526", "- 3000", "- /api/*", "- a.app.acme.example\n    - shop.app.acme.example"},
			},
		},
		"edge/platform": {
			reason:      "the zone of the platform's domain, which points to other environments' zones",
			environment: "\tstage: \"shared\"\n\tedge: zone: \"platform\"",
			shows:       []string{"app/"},
			absent:      []string{"site:", "kind: Network"},
			sibling:     sibling{environment: "\tstage: \"shared\"\n\tedge: {delegation: \"manual\", apiPaths: []}", lacks: []string{"domain: acme.example\n"}},
		},
		"database/default": {
			reason:      "in prod: two zones, a long memory, and what protects it",
			environment: prodLines + "\n\tdatabase: {}",
			shows:       []string{"app/claims/database", "app/claims/usage-network-by-database", "app/claims/cluster"},
			absent:      []string{"replica:", "password", "minCapacityACU: 0.5", "applyImmediately: true", "allow-deletion"},
			sibling: sibling{environment: devLines + "\n\tdatabase: {}", lacks: []string{
				"deletionProtection: true\n  environment: app\n  finalSnapshot: true", "retentionDays: 35", "zone: eu-west-1b", "minCapacityACU: 2", "Prune=confirm", "xdatabases-prod",
			}},
		},
		"database/everything": {
			reason: "every field that a database has, and a copy in a region whose zones have other letters",
			environment: prodLines + "\n\tdatabase: {\n\t\tname: \"orders\", masterUsername: \"root\", version: \"16.6\", minCapacityACU: 0.5, maxCapacityACU: 12.5, instances: 5\n" +
				"\t\tbackup: {retentionDays: 14, window: \"22:00-23:30\"}\n\t\tmaintenanceWindow: \"mon:23:30-tue:01:00\", applyImmediately: true, iamAuthentication: false\n" +
				"\t\tperformanceInsights: false, logRetentionDays: 90, alarmTopics: [\"arn:aws:sns:eu-west-1:111122223333:alarms\"]\n" +
				"\t\treplica: {region: \"ap-northeast-1\", cidr: \"10.41.0.0/20\", instances: 2}\n\t}\n\tallowDeletion: [\"database\"]",
			shows:   []string{"app/claims/database"},
			absent:  []string{"dbadmin", "ap-northeast-1b", "eu-west-1d"},
			sibling: sibling{environment: prodLines + "\n\tdatabase: {}", lacks: []string{"zone: ap-northeast-1d", "10.41.6.0/23", "number: 2", "genops.dev/allow-deletion", "identifier: acme-app-replica", "maxCapacityACU: 12.5"}},
		},
		"database/alone": {
			reason:      "without a cluster nobody is let in, and no controller reads its password",
			environment: "\tstage: \"dev\"\n\tnetwork: cidr: \"10.20.0.0/16\"\n\tdatabase: {}",
			shows:       []string{"app/"},
			absent:      []string{"kind: Cluster\n", "databaseARN"},
			sibling:     sibling{environment: devLines + "\n\tdatabase: {}", lacks: []string{"cluster: false"}},
		},
		"observability/default": {
			reason: "in prod: logs for a year, a Grafana, an alarm for each NAT gateway, and the database's alarms go to the same topic",
			environment: prodLines + "\n\tdatabase: {}\n\tedge: delegation: \"manual\"\n\tservices: api: slo: availability: 99.95\n\tobservability: receivers: {\n" +
				"\t\temails: [\"alarms@acme.example\"], slack: {workspace: \"T0123ABCD9\", channel: \"C0123ABCD9\"}\n\t}",
			shows:  []string{"app/claims/observability", "app/claims/database"},
			absent: []string{"pagerduty", "alarmTopics: []", "logRetentionDays: 30"},
			sibling: sibling{environment: devLines + "\n\tdatabase: {}\n\tobservability: grafana: enabled: false", lacks: []string{
				"availability: 99.95", "availability: 99.9\n", "grafana:", "slack:", "alarms@acme.example", "Prune=confirm",
			}},
		},
		"observability/alone": {
			reason:      "without a cluster there are alarms alone, and a database keeps the topics that it names",
			environment: "\tstage: \"dev\"\n\tnetwork: cidr: \"10.20.0.0/16\"\n\tobservability: {}\n\tdatabase: alarmTopics: [\"arn:aws:sns:eu-west-1:111122223333:others\"]",
			shows:       []string{"app/claims/observability", "app/claims/database"},
			absent:      []string{"clusterName", "grafana", "edge:", ":acme-app-alarms"},
			sibling:     sibling{environment: devLines + "\n\tobservability: {}\n\tdatabase: {}", lacks: []string{":others"}},
		},
		"nodepools/default": {
			reason:      "one pool of each architecture, on Bottlerocket, with spot where it is not prod",
			environment: devLines,
			shows:       []string{"app/cluster/node-pools"},
			absent:      []string{"kubelet", "taints", "latest", "al2023", "replicas", "instanceProfile:"},
			sibling:     sibling{environment: prodLines, lacks: []string{"- spot"}},
		},
		"nodepools/everything": {
			reason: "every field that a pool has, and a pool that is off",
			environment: devLines + "\n\tnodePools: {\n\t\tarm64: enabled: false\n\t\tamd64: {\n\t\t\tcapacityTypes: [\"on-demand\"]\n" +
				"\t\t\tinstances: {categories: [\"m\"], families: [\"m7i\", \"m7a\"], minGeneration: 7, sizes: [\"xlarge\", \"2xlarge\"]}\n" +
				"\t\t\tzones: [\"eu-west-1b\"]\n\t\t\tamiFamily: \"AL2023\"\n\t\t\tamiVersion: \"v20260801\"\n\t\t\tlimits: {cpu: \"12.5\", memory: \"64Gi\"}\n\t\t\tweight: 77\n" +
				"\t\t\ttaints: [{key: \"dedicated\", value: \"batch\", effect: \"NoSchedule\"}, {key: \"spot\", effect: \"PreferNoSchedule\"}]\n" +
				"\t\t\tlabels: {team: \"data\", \"example.com/tier\": \"batch\"}\n\t\t\tdisruption: {\n\t\t\t\tpolicy: \"WhenEmpty\", consolidateAfter: \"Never\", expireAfter: \"Never\", terminationGracePeriod: \"1h30m\"\n" +
				"\t\t\t\tbudgets: [{nodes: \"0\", schedule: \"0 8 * * mon-fri\", duration: \"10h\", reasons: [\"Drifted\", \"Underutilized\"]}, {nodes: \"1\"}]\n\t\t\t}\n" +
				"\t\t\tdisk: {sizeGiB: 200, iops: 6000, throughput: 500}\n\t\t\tkubelet: {maxPods: 58, systemReserved: cpu: \"100m\", kubeReserved: memory: \"500Mi\", evictionHard: \"memory.available\": \"5%\"}\n" +
				"\t\t\tmetadata: hopLimit: 2\n\t\t}\n\t}",
			shows:   []string{"app/cluster/node-pools"},
			absent:  []string{"arm64", "/dev/xvdb", "bottlerocket", "720h", "- spot", "eu-west-1a", "v20260903"},
			sibling: sibling{environment: devLines, lacks: []string{"kubelet:", "taints:", "Never", "m7i", "al2023@v20260801", "weight: 77", "httpPutResponseHopLimit: 2"}},
		},
		"services/policies": {
			reason: "who may call whom, load balancers, and what a service may reach outside",
			environment: devLines + "\n\tservices: {\n\t\tweb: network: {loadBalancer: true, port: 3000}\n" +
				"\t\tapi: {namespace: \"api-v2\", podSecurity: \"baseline\", architecture: \"arm64\", owner: \"api-team\", quota: {pods: 5, volumes: 0}\n" +
				"\t\t\tnetwork: {from: [\"web\"], egress: [{cidr: \"10.20.240.0/20\", ports: [5432, 6379]}]}}\n\t}",
			shows:   []string{"app/cluster/namespaces"},
			absent:  []string{"0.0.0.0/0", "privileged", "Prune=confirm", "hostNetwork"},
			sibling: sibling{environment: devLines + "\n\tservices: {web: {}, api: {}}", lacks: []string{"allow-callers", "allow-calls", "api-v2", "baseline", "5432"}},
		},
		"workloads/default": {
			reason:      "a program elsewhere, with all that is not said",
			environment: devLines + "\n\tservices: jobs: workload: image: {address: \"public.ecr.aws/nginx/nginx\", tag: \"1.29\"}",
			shows:       []string{"app/cluster/workloads"},
			absent:      []string{"kind: Ingress", "kind: ExternalSecret", "envFrom", "nodeSelector", "replicas:", "cpu: \"1\"", "latest", "runAsUser: 0"},
			sibling: sibling{
				environment: devLines + "\n\tservices: jobs: {}",
				lacks:       []string{"kind: Deployment", "kind: HorizontalPodAutoscaler", "kind: PodDisruptionBudget", "kind: ServiceAccount"},
			},
		},
		"workloads/everything": {
			reason: "an image of the registry, both from the Internet and to the database, on Graviton",
			environment: prodLines + "\n\tdatabase: {}\n\tedge: {delegation: \"manual\", hosts: [\"shop.app.acme.example\"]}\n" +
				"\tregistry: {github: organization: \"acme\", repositories: api: {}}\n\tservices: api: {\n\t\tarchitecture: \"arm64\"\n\t\tnetwork: port: 5000\n\t\tworkload: {\n" +
				"\t\t\timage: {repository: \"api\", tag: \"v1.0.0\", digest: \"sha256:" + strings.Repeat("0a", 32) + "\"}\n\t\t\targs: [\"--workers\", \"2\"]\n" +
				"\t\t\tenv: {LOG_LEVEL: \"debug\", PORT: \"5000\"}\n\t\t\tuser: 1000\n\t\t\twritable: [\"/var/cache/app\"]\n\t\t\tresources: {cpu: \"1\", memory: \"512Mi\", disk: \"1Gi\"}\n" +
				"\t\t\thealth: {path: \"/api/health\", startSeconds: 12}\n\t\t\treplicas: {min: 2, max: 4, cpuPercent: 60}\n\t\t\tingress: {host: \"shop.app.acme.example\", paths: [\"/api\", \"/v2\"]}\n" +
				"\t\t\tpolicyARNs: [\"arn:aws:iam::111122223333:policy/acme-uploads\"]\n\t\t\tdatabase: true\n\t\t}\n\t}",
			shows:  []string{"app/cluster/workloads", "app/cluster/secret-stores", "app/cluster/namespaces/api/namespace", "app/cluster/namespaces/api/networkpolicy-allow"},
			absent: []string{"0.0.0.0/0", "hostNetwork", "privileged", "inbound-cidrs", "TLS-1-0", "default-deny"},
			sibling: sibling{
				environment: prodLines + "\n\tdatabase: replica: {region: \"eu-central-1\", cidr: \"10.41.0.0/20\"}\n\tservices: api: workload: {image: {address: \"ghcr.io/acme/api\", tag: \"v1\"}, database: true}",
				lacks:       []string{"kind: Ingress", "aws:rds:primaryDBClusterArn", "nodeSelector", "dkr.ecr", "pod-readiness-gate-inject", "fromJson"},
			},
		},
		"workloads/telemetry": {
			reason: "programs that send and show metrics, and one that does not want to",
			environment: devLines + "\n\tobservability: {}\n\tservices: {\n\t\tapi: {namespace: \"api-v2\", workload: {image: {address: \"ghcr.io/acme/api\", tag: \"v1\"}\n" +
				"\t\t\tenv: OTEL_SERVICE_NAME: \"backend\", metrics: {port: 9000, path: \"/internal/metrics\"}}}\n" +
				"\t\tquiet: workload: {image: {address: \"ghcr.io/acme/quiet\", tag: \"v1\"}, telemetry: false}\n\t\tteam: {}\n\t}",
			shows: []string{
				"app/cluster/workloads/api/deployment", "app/cluster/workloads/quiet/deployment", "app/cluster/namespaces/api/networkpolicy-allow-",
				"app/cluster/namespaces/quiet/networkpolicy-allow-", "app/cluster/namespaces/team/networkpolicy-allow-",
			},
			absent: []string{"0.0.0.0/0", "namespace: quiet\nspec:\n  egress:\n  - ports:\n    - port: 4317", "OTEL_SERVICE_NAME\n          value: api", "value: quiet\n"},
			sibling: sibling{
				environment: devLines + "\n\tservices: {\n\t\tapi: workload: {image: {address: \"ghcr.io/acme/api\", tag: \"v1\"}, metrics: {}}\n\t\tquiet: {}\n\t\tteam: {}\n\t}",
				lacks: []string{
					"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_RESOURCE_ATTRIBUTES", "fieldPath: metadata.name", "prometheus.io/scrape", "networkpolicy-allow-telemetry",
					"networkpolicy-allow-scraper", "containerPort: 9000",
				},
			},
		},
		"telemetry/namespaces": {
			reason:      "namespaces whose pods may do no more than they need, and who may talk to whom",
			environment: prodLines + "\n\tobservability: {}",
			shows:       []string{"app/cluster/telemetry"},
			absent:      []string{"10.40.0.0/16", "baseline", "genops.dev/service: "},
			sibling: sibling{environment: devLines + "\n\tobservability: {}", lacks: []string{
				"Prune=confirm", "cidr: 10.40.",
			}},
		},
		"telemetry/nothing": {
			reason:      "alarms alone: without a cluster nothing collects anything",
			environment: "\tstage: \"dev\"\n\tnetwork: cidr: \"10.20.0.0/16\"\n\tobservability: {}",
			shows:       []string{"app/claims/observability", "app/cluster", "bootstrap/registrations/app"},
			absent:      []string{"kind: Namespace", "kind: NetworkPolicy", "clusterName"},
			sibling:     sibling{environment: devLines, lacks: []string{"kind: Observability"}},
		},
		"telemetry/addons": {
			reason:      "what sends logs, metrics and traces, in clusters whose metrics have a workspace",
			environment: devLines + "\n\tobservability: {}",
			platform:    "\tversions: collector: \"v0.50.0\"\n\tmirrors: images: {\"quay.io/\": \"registry.inside:5000/quay/\", \"registry.k8s.io/\": \"registry.inside/k8s/\"}",
			shows: []string{
				"bootstrap/argocd/applicationset-aws-for-fluent-bit", "bootstrap/argocd/applicationset-kube-state", "bootstrap/argocd/applicationset-otel",
				"bootstrap/argocd/applicationset-prometheus", "bootstrap/registrations/app",
			},
			absent: []string{"{{.", "us-east-1", "latest", "autoCreateGroup: true", "privileged: true", "secrets\n", "nodes/", "repository: quay.io"},
			sibling: sibling{
				environment: devLines, platform: "\tmirrors: images: \"public.ecr.aws/\": \"registry.other/ecr/\"",
				lacks: []string{
					"metrics: true", "tag: v0.50.0", "registry: registry.inside:5000\n", "repository: quay/prometheus/node-exporter",
					"repository: k8s/kube-state-metrics/kube-state-metrics", "repository: public.ecr.aws/aws-observability/aws-otel-collector",
				},
			},
		},
		"argocd/projects": {
			reason:      "prod's windows hold for its claims and its cluster",
			environment: prodLines,
			shows:       []string{"bootstrap/argocd/appproject"},
			absent:      []string{"sourceRepos:\n  - \"*\"", "server: \"*\"", "name: \"*\"", "group: \"*\""},
			sibling: sibling{
				environment: "\tstage: \"prod\"\n\tnetwork: cidr: \"10.40.0.0/16\"\n\targocd: syncWindows: []",
				lacks:       []string{"schedule: ", "app-cluster", "https://aws.github.io/eks-charts"},
			},
		},
		"argocd/sets": {
			reason:      "an environment that a person syncs, and one that waits for nobody",
			environment: prodLines + "\n\targocd: automated: false",
			shows:       []string{"bootstrap/argocd/applicationset-claims", "bootstrap/argocd/applicationset-cluster"},
			absent:      []string{"missingkey=default", "missingkey=zero", "{{.", "project: default"},
			sibling:     sibling{environment: prodLines, lacks: []string{"templatePatch"}},
		},
		"argocd/root": {
			reason:      "what a person applies once, Argo CD's settings and Crossplane",
			environment: devLines,
			shows:       []string{"bootstrap/argocd/application-root", "bootstrap/argocd/configmap", "bootstrap/crossplane/application-crossplane"},
			absent:      []string{"finalizers", "insecure"},
			sibling: sibling{
				platform: "\tgit: {url: \"ssh://git@git.example.org/x.git\", revision: \"v1\", path: \"out/live\"}",
				lacks:    []string{"path: rendered/bootstrap", "https://git.example.org"},
			},
		},
		"addons/mirrored": {
			reason:      "charts from a registry of one's own: the longest beginning wins",
			environment: devLines,
			platform: "\tmirrors: {\n\t\tgit: \"https://git.example.org/\": \"https://git.inside/\"\n" +
				"\t\tcharts: {\"https://\": \"https://charts.inside/\", \"https://charts.external-secrets.io\": \"https://eso.inside\", \"public.ecr.aws\": \"ecr.inside\"}\n\t}",
			shows:   []string{"bootstrap/argocd/applicationset-", "bootstrap/argocd/appproject-app-cluster"},
			absent:  []string{"repoURL: https://charts.external-secrets.io", "repoURL: public.ecr.aws", "https://git.example.org", "https://aws.github.io/eks-charts\n"},
			sibling: sibling{platform: "\tmirrors: {}", lacks: []string{".inside"}},
		},
		"crossplane/irsa": {
			reason:      "the providers' ServiceAccount names its role; packages keep their names and come from a mirror",
			environment: devLines,
			platform:    "\tbootstrap: credentials: \"IRSA\"\n\tmirrors: packages: \"xpkg.upbound.io/\": \"registry.inside/xpkg/\"",
			shows:       []string{"bootstrap/crossplane/deploymentruntimeconfig", "bootstrap/crossplane/serviceaccount", "bootstrap/crossplane/provider", "bootstrap/crossplane/managed", "bootstrap/crossplane/imageconfig"},
			absent:      []string{"registry.inside/xpkg/upbound", "secretRef", "name: default", "activate:\n  - \"*\""},
			sibling:     sibling{platform: "\tbootstrap: credentials: \"PodIdentity\"", lacks: []string{"eks.amazonaws.com/role-arn", "registry.inside"}},
		},
		"crossplane/secret": {
			reason:      "kind and k3s have no Pod Identity: a Secret is referred to, and never rendered",
			environment: "\tstage: \"shared\"\n\tregion: \"eu-central-1\"\n\taccount: \"222233334444\"\n\tnetwork: cidr: \"10.10.0.0/16\"",
			platform:    "\tbootstrap: {credentials: \"Secret\", provisionerRole: \"infra\"}",
			shows:       []string{"bootstrap/crossplane/providerconfig", "bootstrap/namespaces"},
			absent:      []string{"kind: Secret", "eks.amazonaws.com", "aws_access_key", "\ndata:"},
			sibling:     sibling{platform: "\tbootstrap: credentials: \"PodIdentity\"", lacks: []string{"secretRef", "source: Secret", "role/infra"}},
		},
		"compositions/stages": {
			reason:      "the change of the function has not reached prod yet: nobody uses the new version",
			environment: prodLines,
			platform: "\tversions: packages: function: {version: \"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\", stages: prod: \"v0.2.0-rc.1\"}\n" +
				"\tmirrors: packages: \"registry.example.org/\": \"registry.inside/\"",
			shows:  []string{"bootstrap/crossplane/function", "bootstrap/crossplane/deploymentruntimeconfig-function", "bootstrap/crossplane/imageconfig", "bootstrap/compositions"},
			absent: []string{"-dev\n", "genops-0123456789ab", "package: registry.inside", "v0.3.0", "serviceAccount", "privileged: true"},
			sibling: sibling{
				platform: "\tversions: packages: function: version: \"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"",
				lacks:    []string{"name: genops-v0-2-0-rc-1", "genops-function:v0.2.0-rc.1", "registry.inside"},
			},
		},
		"registrations/cluster": {
			reason:      "Argo CD is told of the cluster; with the cluster its registration may go",
			environment: prodLines + "\n\tallowDeletion: [\"cluster\"]",
			shows:       []string{"bootstrap/registrations", "bootstrap/definitions/clusterregistrations"},
			absent:      []string{"claimNames", "Prune=confirm", "scope: Cluster\n", "kind: Secret"},
			sibling: sibling{
				environment: "\tstage: \"prod\"\n\tnetwork: cidr: \"10.40.0.0/16\"",
				lacks:       []string{"bootstrap/registrations/app.yaml", "role/acme-app-argocd", "genops.dev/allow-deletion: \"true\""},
			},
		},
		"baseline/claim": {
			reason: "the management account has the trail, an analyzer of the organization, and a budget of its own; others hear of it",
			environment: "\tstage: \"prod\"\n\taccount: \"999900000001\"\n\tbaseline: {\n\t\tbudget: {amountUSD: 9000, actual: [100, 50], emails: [\"costs@acme.example\"]}\n" +
				"\t\ttrail: {organizationID: \"o-a1b2c3d4e5\", logs: enabled: false}\n\t}",
			shows:  []string{"app/claims/"},
			absent: []string{"logRetentionDays", "type: ACCOUNT", "accountWide", "enabled", "topicARN"},
			sibling: sibling{
				environment: "\tstage: \"dev\"\n\tbaseline: accountWide: false",
				lacks:       []string{"trail:", "budget:", "passwords:", "analyzer: ORGANIZATION"},
			},
		},
		"organization/claim": {
			reason:      "units by path, accounts with addresses and with the ids that environments have, everything else by name; only existing groups have an id",
			environment: strings.Replace(organizationLines, "accountEmail", "regions: further: [\"us-west-2\"], accountEmail", 1),
			shows:       []string{"app/"},
			absent:      []string{"kind: Network\n", "Account: 999900000001", "accountEmail", "name: app\n      unit"},
			sibling: sibling{
				environment: strings.NewReplacer("\"sandbox\"", "\"sandbox\", \"lab\"", "sandbox: {}", "lab: id: \"333344445555\", sandbox: {}", "\"region-allow-list\", ", "").Replace(organizationLines),
				lacks:       []string{"  - us-west-2\n", "- region-allow-list\n"},
			},
		},
		"registry/claim": {
			reason: "repositories sorted by name, each with its GitHub repository; an environment that is alone has nobody who pulls from it",
			environment: "\tstage: \"shared\"\n\tregistry: {github: organization: \"Acme\", scanning: type: \"enhanced\", mutableTags: [\"cache-*\"]\n" +
				"\t\trepositories: {web: {}, api: github: {repository: \"Backend\", branches: [\"main\", \"release/1.x\"], tags: [\"v*\"]}}}\n" +
				"\tadopt: registry: \"github-oidc-provider\": \"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com\"",
			shows:  []string{"app/", "bootstrap/definitions/xregistries"},
			absent: []string{"kind: Network\n", "kind: Cluster\n", "repository: api", "allow-deletion", "frequency: onPush"},
			sibling: sibling{
				environment: "\tstage: \"dev\"\n\tregistry: {github: organization: \"Acme\", repositories: api: {}}\n\tallowDeletion: [\"registry\"]",
				lacks:       []string{"Prune=confirm", "repository: web", "cache-*", "frequency: continuous", "release/1.x", "adopt:\n    github-oidc-provider"},
			},
		},
		"state-backend/claim": {
			reason: "teams sorted by name, each with its prefix, and a bucket that the account makes the only one of its name",
			environment: "\tstage: \"shared\"\n\tstateBackend: teams: {payments: {}, \"data-lake\": {prefix: \"data/lake\", principals: [\"arn:aws:iam::222233334444:role/terraform\"]}}\n" +
				"\tadopt: \"state-backend\": key: \"1234abcd-12ab-34cd-56ef-1234567890ab\"",
			shows:  []string{"app/", "bootstrap/definitions/xstatebackends"},
			absent: []string{"kind: Network\n", "allow-deletion", "prefix: \"\""},
			sibling: sibling{
				environment: "\tstage: \"dev\"\n\tstateBackend: {bucket: \"acme-states\", keepVersions: 5, teams: payments: prefix: \"pay\"}\n\tallowDeletion: [\"state-backend\"]",
				lacks:       []string{"Prune=confirm", "prefix: payments", "data/lake", "keepVersions: 20", "terraform-state-111122223333", "adopt:\n    key"},
			},
		},
		"cluster/planned": {
			reason:      "an environment without an account is only planned: nothing of it is rendered, here or for the platform",
			environment: prodLines,
			shows:       []string{"app/claims", "bootstrap/namespaces", "bootstrap/crossplane/providerconfig", "bootstrap/argocd/applicationset-claims"},
			absent:      []string{"env-other"},
			sibling: sibling{
				environment: prodLines + "\n\t" + planned, lacks: []string{"kind: Cluster", "env-app", "environment: app", "role/crossplane-provisioner"},
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			render := func(environment, platform string) string {
				config := load(t, "\torder: [\"app\"]\n"+platform, map[string]string{"app": environment})
				return page(t, below(all(t, config), tc.shows...))
			}
			got := render(tc.environment, tc.platform)
			golden(t, name, got)
			for _, text := range tc.absent {
				if strings.Contains(got, text) {
					t.Errorf("%s: %q must not be there", tc.reason, text)
				}
			}
			if tc.sibling.environment == "" {
				tc.sibling.environment = tc.environment
			}
			other := render(tc.sibling.environment, tc.sibling.platform)
			for _, text := range tc.sibling.lacks {
				if !strings.Contains(got, text) {
					t.Errorf("%q is not in the case, so its sibling proves nothing", text)
				}
				if strings.Contains(other, text) {
					t.Errorf("%s: %q is in the sibling, too", tc.reason, text)
				}
			}
			if len(tc.absent) == 0 || len(tc.sibling.lacks) == 0 || slices.Contains(tc.absent, "") {
				t.Error("a case says what must not be there")
			}
		})
	}
}
