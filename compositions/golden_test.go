package compositions_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/innovate-inc/genops/schema"
)

// TestGolden shows one aspect of a claim for one small configuration each. Every case names what must not be in its output, and the sibling that
// takes away what the case is about: texts that the sibling then lacks. Policies stand as objects, not as the lines of text that they are.
func TestGolden(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason  string
		claim   claim
		shows   string // An expression for keys.
		absent  []string
		sibling claim
		lacks   []string // Texts that the case has and the sibling does not.
	}{
		"network/vpc": {
			reason:  "the security group that comes with the VPC lets nothing through",
			claim:   network(t),
			shows:   `^(vpc|default-security-group|internet-gateway)$`,
			absent:  []string{"0.0.0.0/0", "kubernetes.io", "external-name"},
			sibling: network(t, func(s *schema.NetworkSpec) { s.CIDR, s.Subnets.Public[0].CIDR = "10.40.0.0/15", "10.41.0.0/24" }),
			lacks:   []string{"cidrBlock: 10.40.0.0/16"},
		},
		"network/zone-with-nat-gateway": {
			reason:  "a zone with a NAT gateway of its own, which fails alone",
			claim:   network(t),
			shows:   `eu-west-1b(-by-.*)?$`,
			absent:  []string{"eu-west-1a", "eu-west-1c", "mapPublicIpOnLaunch: true", "external-name", "Selector"},
			sibling: network(t, func(s *schema.NetworkSpec) { s.NATGateways = "single" }),
			lacks:   []string{"kind: NATGateway", "kind: EIP", "natGatewayIdRef:\n      name: app.network.nat-gateway-eu-west-1b"},
		},
		"network/two-zones": {
			reason: "given ranges, no data tier, a single NAT gateway, and no cluster that would find its subnets",
			claim:  network(t, smallNetwork),
			shows:  `^(subnet|route|nat)-.*`,
			absent: []string{"private-data", "eu-west-1c", "karpenter.sh", "kubernetes.io/cluster", "nat-gateway-eu-west-1b"},
			sibling: network(t, smallNetwork, func(s *schema.NetworkSpec) {
				s.Subnets.PrivateApp[1].CIDR, s.NATGateways = "10.40.64.0/20", "perZone"
			}),
			lacks: []string{"10.40.48.0/20", "nat-gateway-eu-west-1a\n    region: eu-west-1\n    routeTableIdRef:\n      name: app.network.route-table-private-app-eu-west-1b"},
		},
		"network/pods": {
			reason:  "a further range: its subnets go the way of the nodes' and reach the endpoints",
			claim:   network(t, withPods),
			shows:   `pod`,
			absent:  []string{"kind: RouteTable\n", "karpenter.sh", "internal-elb", "kind: NATGateway"},
			sibling: network(t),
			lacks:   []string{"100.64.0.0/16", "kubernetes.io/role/cni", "kind: VPCIPv4CidrBlockAssociation"},
		},
		"network/data-acl": {
			reason:  "only the database's ports from nodes, answers back, and everything inside the tier",
			claim:   network(t, withACL),
			shows:   `^data-acl`,
			absent:  []string{"0.0.0.0/0", "10.40.224.0/23", "100.64", `protocol: "-1"`, "ruleAction: deny"},
			sibling: network(t),
			lacks:   []string{"kind: NetworkACL\n", "fromPort: 5432", "fromPort: 1024"},
		},
		"network/data-acl-with-pods": {
			reason:  "pods have addresses of their own, and are let in by them",
			claim:   network(t, withPods, withACL),
			shows:   `^data-acl-(in|out)-pods`,
			absent:  []string{"0.0.0.0/0", "10.40."},
			sibling: network(t, withACL),
			lacks:   []string{"100.64.32.0/19"},
		},
		"network/endpoints": {
			reason:  "gateway endpoints for the route tables of private tiers, interface endpoints in the nodes' subnets",
			claim:   network(t),
			shows:   `^endpoint`,
			absent:  []string{"dynamodb", "0.0.0.0/0", "subnet-public", "subnet-private-data", "routeTableIdRef:\n      name: app.network.route-table-public"},
			sibling: network(t, func(s *schema.NetworkSpec) { s.Endpoints = schema.Endpoints{} }),
			lacks:   []string{"com.amazonaws.eu-west-1.ecr.api", "com.amazonaws.eu-west-1.s3", "kind: SecurityGroup\n", "fromPort: 443"},
		},
		"network/flow-logs": {
			reason:  "a group, a role that only the service may take for this account, and rights for this group",
			claim:   network(t),
			shows:   `flow-logs`,
			absent:  []string{"- logs:*", "Resource:\n      - \"*\"", "CreateLogGroup"},
			sibling: network(t, func(s *schema.NetworkSpec) { s.FlowLogs.Enabled = false }),
			lacks:   []string{"kind: FlowLog", "vpc-flow-logs.amazonaws.com", "/aws/vpc/acme-app/flow-logs"},
		},
		"network/adopted": {
			reason: "an id that AWS gave is looked up instead of made; what has no id here is made",
			claim: network(t, func(s *schema.NetworkSpec) {
				s.Adopt = map[string]string{"vpc": "vpc-0123456789abcdef0", "nat-address-eu-west-1a": "eipalloc-0aaaaaaaaaaaaaaaa"}
			}),
			shows:   `^(vpc|nat-address-.*)$`,
			absent:  []string{"eipalloc-0bbb", "deletionPolicy"},
			sibling: network(t),
			lacks:   []string{"crossplane.io/external-name: vpc-0123456789abcdef0", "crossplane.io/external-name: eipalloc-0aaaaaaaaaaaaaaaa"},
		},
		"cluster/control-plane": {
			reason:  "who may reach the API, what is encrypted, and where the logs go",
			claim:   cluster(t),
			shows:   `^(cluster|control-plane-.*|log-group.*|secrets-key.*|oidc-provider)$`,
			absent:  []string{"0.0.0.0/0", "CONFIG_MAP", "bootstrapClusterCreatorAdminPermissions: true", "securityGroupIds:", "subnetIds:"},
			sibling: cluster(t, func(s *schema.ClusterSpec) { s.SecretsEncryption, s.Endpoint.Public = false, false }),
			lacks:   []string{"keyArn:", "secrets-key", "publicAccessCidrs"},
		},
		"cluster/plain": {
			reason:  "no encryption of Secrets, no logs, and no way in from outside",
			claim:   cluster(t, plain),
			shows:   `^(cluster|control-plane-.*|log-group.*|secrets-key.*)$`,
			absent:  []string{"encryptionConfig", "secrets-key", "publicAccessCidrs", "- api"},
			sibling: cluster(t),
			lacks:   []string{"endpointPublicAccess: false", "deletionProtection: false", "enabledClusterLogTypes: []"},
		},
		"cluster/nodes": {
			reason:  "Bottlerocket on arm64: containers live on the second disk",
			claim:   cluster(t),
			shows:   `^system-nodes`,
			absent:  []string{"AL2023", "x86_64", "latest", "AmazonEKS_CNI_Policy", "httpTokens: optional", "ContainerRegistryReadOnly"},
			sibling: cluster(t, amd64),
			lacks:   []string{"BOTTLEROCKET_ARM_64", "deviceName: /dev/xvdb", "m7g.large"},
		},
		"cluster/nodes-al2023": {
			reason:  "Amazon Linux on amd64 has one disk",
			claim:   cluster(t, amd64),
			shows:   `^system-nodes-(template|group)`,
			absent:  []string{"BOTTLEROCKET", "/dev/xvdb", "ARM_64", "volumeSize: 8\n"},
			sibling: cluster(t),
			lacks:   []string{"AL2023_x86_64_STANDARD", "volumeSize: 80", "maxSize: 6"},
		},
		"cluster/add-ons": {
			reason: "versions and configuration where they are given, and rights for those that call AWS",
			claim: cluster(t, func(s *schema.ClusterSpec) {
				s.Addons = append([]schema.AddonSpec{{Name: "aws-efs-csi-driver", Version: "v2.1.0-eksbuild.1"}}, s.Addons...)
			}),
			shows:   `^addon-`,
			absent:  []string{"serviceAccountRoleArn", "resolveConflictsOnCreate: NONE", "addonVersion: \"\"", "configurationValues: \"\"", "sts:AssumeRoleWithWebIdentity"},
			sibling: cluster(t, func(s *schema.ClusterSpec) { s.Addons = []schema.AddonSpec{{Name: "coredns"}} }),
			lacks:   []string{"addonName: aws-efs-csi-driver", "addonVersion: v1.21.1-eksbuild.3", "serviceAccount: aws-node", "AmazonEKS_CNI_Policy"},
		},
		"cluster/access": {
			reason:  "people, Argo CD and Karpenter's nodes: each by an entry, nobody by having made the cluster",
			claim:   cluster(t, withAccess),
			shows:   `access|argocd`,
			absent:  []string{"system:masters", "kubernetesGroups", "type: FARGATE_LINUX"},
			sibling: cluster(t),
			lacks:   []string{"arn:aws:iam::111122223333:role/Admin", "- web", "AmazonEKSEditPolicy"},
		},
		"cluster/interruptions": {
			reason:  "events reach the queue, and nobody but the rules may send to it",
			claim:   cluster(t),
			shows:   `^karpenter-(queue|rule|target)`,
			absent:  []string{"redrivePolicy", "kmsMasterKeyId", "fifoQueue", "name: acme-app\n"},
			sibling: cluster(t, func(s *schema.ClusterSpec) { s.Name = "main" }),
			lacks:   []string{"name: acme-app-karpenter\n", "rule/acme-app-karpenter-spot-interruption"},
		},
		"cluster/karpenter": {
			reason:  "the controller's rights, in parts, and the nodes' role",
			claim:   cluster(t),
			shows:   `^karpenter-(role|node-role|node-lifecycle|iam-integration|eks-integration|interruption|resource-discovery|pod-identity)`,
			absent:  []string{"ec2:*", "iam:*", "sts:AssumeRoleWithWebIdentity", "AmazonEKS_CNI_Policy", "arc-zonal-shift"},
			sibling: cluster(t, func(s *schema.ClusterSpec) { s.Name = "main" }),
			lacks:   []string{"kubernetes.io/cluster/acme-app", "role/acme-app-karpenter-node", "eks:eks-cluster-name: acme-app"},
		},
		"cluster/controllers": {
			reason:  "the load balancer controller changes only what carries the cluster's tag; External Secrets reads only the environment's",
			claim:   cluster(t),
			shows:   `^(aws-load-balancer-controller|external-secrets)`,
			absent:  []string{"elasticloadbalancing:*", "secretsmanager:*", "secret:*", "shield:"},
			sibling: cluster(t, func(s *schema.ClusterSpec) { s.Name, s.Project = "main", "other" }),
			lacks:   []string{"elbv2.k8s.aws/cluster: acme-app", "secret:acme-app/*"},
		},
		"cluster/deletion-order": {
			reason:  "what stays until its user is gone",
			claim:   cluster(t, func(s *schema.ClusterSpec) { s.Zones = s.Zones[:2] }),
			shows:   `^usage-`,
			absent:  []string{"resourceSelector", "nat-gateway", "addon-"},
			sibling: cluster(t, func(s *schema.ClusterSpec) { s.Zones, s.SecretsEncryption = s.Zones[1:], false }),
			lacks:   []string{"subnet-private-app-eu-west-1a", "name: app.cluster.secrets-key"},
		},
		"registry/repository": {
			reason:  "immutable, encrypted with the registry's key, scanned, and open to the accounts of other environments for pulling",
			claim:   registry(t),
			shows:   `^(repository|lifecycle|pull)-web|^(key|key-alias|scanning|inspector)$`,
			absent:  []string{"ecr:*", "ecr:PutImage", "AES256", "ENHANCED", "Resource", "forceDelete: true", "WITH_EXCLUSION", "inspector"},
			sibling: registry(t, smallRegistry),
			lacks:   []string{"arn:aws:iam::444455556666:root", "scanOnPush: true", "crossplane.io/external-name: acme/web", "countNumber: 14", "v*"},
		},
		"registry/enhanced": {
			reason:  "Amazon Inspector scans the whole registry, again and again; some tags may be pushed again",
			claim:   registry(t, openRegistry),
			shows:   `^repository-web|^(scanning|inspector)$`,
			absent:  []string{"BASIC", "scanOnPush", "SCAN_ON_PUSH", "imageTagMutability: IMMUTABLE\n"},
			sibling: registry(t),
			lacks:   []string{"CONTINUOUS_SCAN", "kind: Enabler", "IMMUTABLE_WITH_EXCLUSION", "filter: cache-*", "forceDelete: true"},
		},
		"baseline/threats": {
			reason:  "detector, Security Hub without AWS's own choice of standards, and those of ours; no policy lets the provider turn the first two off",
			claim:   accountBaseline(t),
			shows:   `^(detector|security-hub|standard-.*|analyzer-.*)$`,
			absent:  []string{"external-name: arn", "enableDefaultStandards: true", "ORGANIZATION", "nist"},
			sibling: accountBaseline(t, allStandards, withTrail, func(s *schema.AccountBaselineSpec) { s.GuardDuty = schema.GuardDuty{Frequency: "SIX_HOURS"} }),
			lacks:   []string{"FIFTEEN_MINUTES", "type: ACCOUNT", "s3Logs:\n        enable: true"},
		},
		"baseline/recording": {
			reason:  "AWS Config delivers with its own role into a bucket that only this role writes to, encrypted with a key of ours",
			claim:   accountBaseline(t),
			shows:   `^(usage-)?config-`,
			absent:  []string{"AES256", "Principal:\n        Service: config.amazonaws.com\n        Resource", "- Delete\n", "GLACIER"},
			sibling: accountBaseline(t, secondRegion),
			lacks:   []string{"recordingFrequency: CONTINUOUS", "days: 2555"},
		},
		"baseline/account": {
			reason:  "disks, buckets, passwords and the budget, with one notification for each threshold",
			claim:   accountBaseline(t),
			shows:   `^(usage-)?(disk-|public-access|password-policy|budget$)`,
			absent:  []string{"subscriberSnsTopicArns", "false\n    ignorePublicAcls"},
			sibling: accountBaseline(t, secondRegion),
			lacks:   []string{"kind: Budget", "kind: AccountPasswordPolicy", "kind: AccountPublicAccessBlock", "costs@acme.example"},
		},
		"baseline/trail": {
			reason:  "the trail of the organization, its bucket with the three rights that CloudTrail needs, and its copy in CloudWatch Logs",
			claim:   accountBaseline(t, withTrail),
			shows:   `^(usage-)?trail`,
			absent:  []string{"- Delete\n", "AES256", "arn:aws:s3:::acme-app-trail-111122223333/AWSLogs/*"},
			sibling: accountBaseline(t, withTrail, func(s *schema.AccountBaselineSpec) { s.Trail.LogRetentionDays = 0 }),
			lacks:   []string{"kind: Group\n", "cloudWatchLogsGroupArn", "logs.eu-west-1.amazonaws.com", "o-a1b2c3d4e5_"},
		},
		"registry/push": {
			reason: "workflows of one GitHub repository, on its branches and tags, push to one image repository",
			claim:  registry(t),
			shows:  `^(push-(role|policy)-web|github-oidc-provider)$`,
			absent: []string{"repo:innovate-inc/*", "innovate-inc/web:*", "ecr:CreateRepository", "ecr:BatchDeleteImage", "ecr:SetRepositoryPolicy", "repository/*", "acme/api", "thumbprint", "StringLike:\n            token.actions.githubusercontent.com:aud"},
			sibling: registry(t, func(s *schema.RegistrySpec) {
				s.GitHub.Organization, s.Repositories[1].GitHub.Tags = "other", []string{"v1.0.0"}
			}),
			lacks: []string{"repo:innovate-inc/web:ref:refs/heads/main", "repo:innovate-inc/web:ref:refs/tags/v*", "StringLike", "GitHubTags"},
		},
		"state-backend/bucket": {
			reason:  "versions, one key, TLS and nothing public; the roles of other accounts reach the states of their team",
			claim:   stateBackend(t),
			shows:   `^(bucket|key)`,
			absent:  []string{"AES256", "bucketKeyEnabled: true", "forceDestroy: true", "Suspended", "role/ci/lake", "DeleteObjectVersion"},
			sibling: stateBackend(t, localTeams, func(s *schema.StateBackendSpec) { s.NoncurrentDays, s.KeepVersions = 1, 1 }),
			lacks:   []string{"arn:aws:iam::222233334444:root", "arn:aws:iam::444455556666:role/terraform", "noncurrentDays: 90", "newerNoncurrentVersions: 20", "ListDataLake"},
		},
		"state-backend/locks": {
			reason:  "one item for each lock, paid by request, with a way back to any second of the last weeks, and a key of ours",
			claim:   stateBackend(t),
			shows:   `^(lock-table|usage-key)`,
			absent:  []string{"PROVISIONED", "deletionProtectionEnabled: false", "enabled: false", "readCapacity", "rangeKey"},
			sibling: stateBackend(t, func(s *schema.StateBackendSpec) { s.Environment, s.Region = "other", "eu-central-1" }),
			lacks:   []string{"crossplane.io/external-name: acme-app-terraform-locks", "arn:aws:kms:eu-west-1:"},
		},
		"state-backend/team": {
			reason:  "a team reads and writes its states, takes its locks, uses the key for these, and its role of this account may do so",
			claim:   stateBackend(t),
			shows:   `^(policy|role)-data-lake`,
			absent:  []string{"s3:*", "dynamodb:Scan", "dynamodb:Query", "kms:CreateGrant", "s3:DeleteBucket", "payments", "role: terraform", "222233334444"},
			sibling: stateBackend(t, func(s *schema.StateBackendSpec) { s.Teams[0].Prefix, s.Teams[0].Principals = "lake", []string{} }),
			lacks:   []string{"data/lake/*", "kind: RolePolicyAttachment", "role: lake"},
		},
		"edge/zone": {
			reason:  "the names of a site: only Amazon makes certificates for them, and CloudFront answers",
			claim:   edge(t, deepHost),
			shows:   `^(zone|caa|address|ipv6|validation)`,
			absent:  []string{"forceDestroy: true", "delegation", "origin.app", "region:", "evaluateTargetHealth: true"},
			sibling: edge(t, func(s *schema.EdgeSpec) { s.Site.Hosts = []string{} }),
			lacks:   []string{"name: shop.app.acme.example", "name: _simulated.eu.shop.app.acme.example.", "app.edge.ipv6-eu-shop-"},
		},
		"edge/platform": {
			reason:  "a zone that points to others, and nothing else",
			claim:   edge(t, platformZone),
			shows:   `.`,
			absent:  []string{"kind: Distribution", "kind: Certificate", "type: CAA"},
			sibling: edge(t, platformZone, func(s *schema.EdgeSpec) { s.Delegations = s.Delegations[:1] }),
			lacks:   []string{"name: dev.acme.example"},
		},
		"edge/certificates": {
			reason:  "CloudFront's in its region, the load balancer's in the environment's",
			claim:   edge(t, deepHost),
			shows:   `certificate`,
			absent:  []string{"EMAIL", "validationRecordFqdns", "privateKey"},
			sibling: edge(t, onlySPA),
			lacks:   []string{"region: eu-west-1", "- eu.shop.app.acme.example"},
		},
		"edge/distribution": {
			reason:  "files from the bucket, /api/* from the load balancer, TLS 1.2 everywhere",
			claim:   edge(t, deepHost),
			shows:   `^(distribution|security-headers)$`,
			absent:  []string{"allow-all", "TLSv1.1", "cloudfrontDefaultCertificate", "originAccessIdentity", "customErrorResponse", "http-only", "forwardedValues"},
			sibling: edge(t, onlySPA, func(s *schema.EdgeSpec) { s.Site.Logs.Access = false }),
			lacks:   []string{"pathPattern: /api/*", "domainName: origin.app.acme.example", "originRequestPolicyId", "loggingConfig"},
		},
		"edge/only-load-balancer": {
			reason:  "without an application everything goes to the load balancer",
			claim:   edge(t, onlyAPI),
			shows:   `^(distribution|spa-.*)$`,
			absent:  []string{"originAccessControlId", "orderedCacheBehavior", "functionAssociation", "defaultRootObject"},
			sibling: edge(t),
			lacks:   []string{"targetOriginId: load-balancer\n      viewerProtocolPolicy: redirect-to-https"},
		},
		"edge/application": {
			reason:  "only the distribution reads the bucket, only with TLS, and what was replaced can be brought back",
			claim:   edge(t),
			shows:   `^spa-`,
			absent:  []string{"forceDestroy: true", "false\n    blockPublicAcls", "s3:PutObject", "s3:ListBucket", "website", "Effect: Allow\n        Principal: \"*\""},
			sibling: edge(t, func(s *schema.EdgeSpec) { s.Account, s.Site.SPA.NoncurrentDays = "444455556666", 7 }),
			lacks:   []string{"noncurrentDays: 90", "acme-app-spa-111122223333", "arn:aws:cloudfront::111122223333:distribution/simulated"},
		},
		"edge/access-logs": {
			reason:  "CloudFront writes by an ACL, which nobody else gets",
			claim:   edge(t),
			shows:   `^access-logs-`,
			absent:  []string{"BucketOwnerEnforced", "forceDestroy: true", "Effect: Allow"},
			sibling: edge(t, func(s *schema.EdgeSpec) { s.Site.Logs.RetentionDays = 30 }),
			lacks:   []string{"days: 365"},
		},
		"edge/web-acls": {
			reason: "the load balancer's knows no addresses but CloudFront's",
			claim:  edge(t),
			shows:  `web-acl`,
			absent: []string{"AWSManagedRulesAnonymousIpList", "rule:\n"},
			sibling: edge(t, func(s *schema.EdgeSpec) {
				s.Site.WAF = schema.WAF{RateLimit: 10, Mode: "count", CountedRules: []string{}}
			}),
			lacks: []string{"Limit: 2000", "None: {}", "Name: SizeRestrictions_BODY", "scope: REGIONAL", "aws-waf-logs-acme-app-alb"},
		},
		"edge/load-balancer": {
			reason: "only CloudFront gets in, and it goes on only to services",
			claim:  edge(t),
			shows:  `^(load-balancer-(security-group|https|to-.*)|usage-network-.*)$`,
			absent: []string{"0.0.0.0/0", "::/0", "fromPort: 80\n", `ipProtocol: "-1"`},
			sibling: edge(t, func(s *schema.EdgeSpec) {
				s.Site.LoadBalancer.Ports, s.Site.LoadBalancer.PrefixList = []int{}, "pl-3b927c52"
			}),
			lacks: []string{"fromPort: 8080", "prefixListId: pl-4fa04526"},
		},
		"cluster/database-access": {
			reason:  "External Secrets reads the password of this database and no other, and where it is",
			claim:   cluster(t, func(s *schema.ClusterSpec) { s.DatabaseARN = "arn:aws:rds:eu-west-1:111122223333:cluster:acme-app" }),
			shows:   `^external-secrets`,
			absent:  []string{"secretsmanager:*", "kms:*", "ssm:*", "PutSecretValue", "secret:*"},
			sibling: cluster(t),
			lacks:   []string{"aws:rds:primaryDBClusterArn: arn:aws:rds:eu-west-1:111122223333:cluster:acme-app", "alias/acme-app-database", "parameter/acme-app/database"},
		},
		"organization/accounts": {
			reason: "units, and accounts in them: one that exists, one that is made, none that is closed",
			claim:  organization(t),
			shows:  `^(organization|unit-.*|account-.*)$`,
			absent: []string{"closeOnDeletion: true", "- Delete", "region:", "external-name: simulated"},
			sibling: organization(t, func(s *schema.OrganizationSpec) {
				s.Accounts, s.DelegatedAdministrators = nil, nil
				withoutPeople(s)
				delete(s.Adopt, "account-prod")
			}),
			lacks: []string{"kind: Account\n", "crossplane.io/external-name: \"222233334444\"", "email: aws+sandbox@acme.example"},
		},
		"organization/policies": {
			reason:  "each policy once, attached where it counts; one of its own with what spares Crossplane",
			claim:   organization(t),
			shows:   `^(policy-.*|attachment-.*)$`,
			absent:  []string{"Effect: Allow", "Principal:", "region:", "policyId: "},
			sibling: organization(t, bareOrganization),
			lacks:   []string{"kind: PolicyAttachment", "organizations:LeaveOrganization", "role/crossplane-provisioner", "aws:RequestedRegion", "targetId: r-simulated"},
		},
		"organization/people": {
			reason:  "permission sets, and who has them where: a group that exists by its id, one that is made by reference",
			claim:   organization(t),
			shows:   `^(group-.*|permission-set-.*|assignment-.*|administrator-.*)$`,
			absent:  []string{"kind: User", "principalType: USER", "region: eu-west-1", "permissionSetArn: "},
			sibling: organization(t, withoutPeople),
			lacks:   []string{"kind: Group\n", "kind: AccountAssignment", "principalId: a1b2c3d4e5-", "principalIdFromGroupRef", "inlinePolicy:"},
		},
		"database/cluster": {
			reason:  "encrypted, in the data subnets, its password managed by RDS, and one instance",
			claim:   database(t),
			shows:   `^(cluster|instance-.*|subnet-group|parameters-.*)$`,
			absent:  []string{"publiclyAccessible: true", "masterPassword", "autoGeneratePassword", "globalClusterIdentifier", "kind: GlobalCluster", "skipFinalSnapshot: true"},
			sibling: database(t, func(s *schema.DatabaseSpec) { s.Version, s.FinalSnapshot, s.DeletionProtection = "16.6", false, false }),
			lacks:   []string{"family: aurora-postgresql17", "finalSnapshotIdentifier: acme-app-final-", "deletionProtection: true", "autoMinorVersionUpgrade: true", "initProvider:\n    engineVersion: \"17\""},
		},
		"database/paused": {
			reason:  "it pauses when nobody uses it, and everything is applied at once",
			claim:   database(t, func(s *schema.DatabaseSpec) { s.MinCapacityACU, s.AutoPauseSeconds, s.ApplyImmediately = 0, 600, true }),
			shows:   `^cluster$`,
			absent:  []string{"minCapacity: 2", "applyImmediately: false"},
			sibling: database(t),
			lacks:   []string{"secondsUntilAutoPause: 600", "minCapacity: 0"},
		},
		"database/access": {
			reason:  "the nodes of the cluster and nobody else, by the group that EKS gave them",
			claim:   database(t),
			shows:   `^(security-group|nodes-postgresql|usage-cluster-cluster-.*)$`,
			absent:  []string{"cidrIpv4", "0.0.0.0/0", "SecurityGroupEgressRule"},
			sibling: database(t, func(s *schema.DatabaseSpec) { s.Cluster = false }),
			lacks:   []string{"kind: SecurityGroupIngressRule", "referencedSecurityGroupId: sg-simulated", "fromPort: 5432"},
		},
		"database/key": {
			reason:  "a key of its own, open to the policies of the account and, for one log group, to CloudWatch Logs",
			claim:   database(t),
			shows:   `^(key|key-alias|log-group)$`,
			absent:  []string{"kms:*", `Principal: "*"`, "enableKeyRotation: false"},
			sibling: database(t, func(s *schema.DatabaseSpec) { s.LogRetentionDays = 30; rename(s, "other") }),
			lacks:   []string{"log-group:/aws/rds/cluster/acme-app/postgresql", "external-name: acme-app-database", "retentionInDays: 365"},
		},
		"database/connection": {
			reason:  "where it is, and no secret",
			claim:   database(t),
			shows:   `^connection$`,
			absent:  []string{"password", "dbadmin", "SecureString"},
			sibling: database(t, func(s *schema.DatabaseSpec) { s.Name, s.Project = "orders", "other" }),
			lacks:   []string{`"database":"app"`, "external-name: /acme-app/database"},
		},
		"database/alarms": {
			reason:  "alarms tell topics of their own region",
			claim:   database(t, withReplica, withAlarms),
			shows:   `alarm-`,
			absent:  []string{"insufficientDataActions", "actionsEnabled: false"},
			sibling: database(t, func(s *schema.DatabaseSpec) { s.Instances = s.Instances[:1] }),
			lacks:   []string{"arn:aws:sns:eu-west-1:111122223333:alarms", "metricName: AuroraReplicaLagMaximum", "SourceRegion: eu-west-1"},
		},
		"database/replica": {
			reason:  "a copy in a network of its own without ways in or out, and the password that RDS does not manage there",
			claim:   database(t, withReplica),
			shows:   `^(replica-.*|global-cluster|cluster|master-secret.*)$`,
			absent:  []string{"kind: InternetGateway", "kind: NATGateway", "kind: Route", "SecurityGroupIngressRule", "manageMasterUserPassword", "secretString:", "stringData"},
			sibling: database(t),
			lacks:   []string{"kind: GlobalCluster", "kind: VPC\n", "region: eu-central-1", "autoGeneratePassword: true", "sourceRegion: eu-west-1", "replicationSourceIdentifier: arn:aws:rds:eu-west-1:111122223333:cluster:acme-app"},
		},
		"observability/topic": {
			reason:  "a topic with a key that alarms can use, which no key of AWS lets them",
			claim:   observability(t, withReceivers),
			shows:   `^(topic|topic-policy|key|key-alias|email-.*|https-.*)$`,
			absent:  []string{"alias/aws/sns", "us-east-1", "aws:PrincipalOrgID", "pagerduty"},
			sibling: observability(t, onlyAlarms, func(s *schema.ObservabilitySpec) { s.Emails, s.Project = []string{}, "other" }),
			lacks:   []string{"protocol: email", "aps.amazonaws.com", "kmsMasterKeyId: alias/acme-app-observability", "kms:EncryptionContext:aws:logs:arn"},
		},
		"observability/edge": {
			reason:  "CloudFront's metrics are in us-east-1, and so are the alarms and their topic",
			claim:   observability(t),
			shows:   `^(alarm-)?edge-`,
			absent:  []string{"eu-west-1", "aps.amazonaws.com", "logs."},
			sibling: observability(t, func(s *schema.ObservabilitySpec) { s.Edge.Availability, s.Emails = 99, []string{} }),
			lacks:   []string{"threshold: 1.44\n", "threshold: 0.6\n", "kind: TopicSubscription"},
		},
		"observability/alarms": {
			reason:  "what CloudWatch knows of a cluster and its ways out",
			claim:   observability(t),
			shows:   `^alarm-(nat|control|interruption)`,
			absent:  []string{"us-east-1", "insufficientDataActions", "AWS/RDS", "treatMissingData: breaching"},
			sibling: observability(t, onlyAlarms),
			lacks:   []string{"QueueName: acme-app-karpenter", "namespace: AWS/EKS", "nat-ports-eu-west-1b"},
		},
		"observability/metrics": {
			reason:  "an encrypted workspace, its rules, and one receiver of alerts",
			claim:   observability(t, withReceivers),
			shows:   `^(workspace|rules|alert-manager|usage-.*)$`,
			absent:  []string{"kmsKeyArnRef", "pagerduty", "slack_configs", "webhook"},
			sibling: observability(t, func(s *schema.ObservabilitySpec) { s.Objectives = []schema.ObjectiveSpec{} }),
			lacks:   []string{"ErrorBudgetBurnsFast", "service:request_errors:ratio_rate6h"},
		},
		"observability/logs": {
			reason:  "groups that are there before anybody writes to them, and who may write",
			claim:   observability(t),
			shows:   `^(log-group-.*|fluent-bit-.*|otel-collector-.*)$`,
			absent:  []string{"logs:CreateLogGroup\n", "logs:GetLogEvents", "aps:QueryMetrics", "skipDestroy"},
			sibling: observability(t, func(s *schema.ObservabilitySpec) { s.LogRetentionDays, s.ClusterName = 30, "other" }),
			lacks:   []string{"retentionInDays: 365", "/aws/eks/acme-app/workload", "cluster/acme-app"},
		},
		"observability/grafana": {
			reason:  "people log in with Identity Center, and Grafana reads with a role of its own",
			claim:   observability(t, withReceivers),
			shows:   `^grafana`,
			absent:  []string{"SERVICE_MANAGED", "aps:RemoteWrite", "logs:PutLogEvents", "sns:Publish", "role: EDITOR"},
			sibling: observability(t, func(s *schema.ObservabilitySpec) { s.Grafana.Version = "10.4" }),
			lacks:   []string{"role: ADMIN", "role: VIEWER", `grafanaVersion: "12.4"`},
		},
		"observability/slack": {
			reason:  "a channel that may look and do nothing",
			claim:   observability(t, withReceivers),
			shows:   `^slack`,
			absent:  []string{"AdministratorAccess", "ReadOnlyAccess\"]}'", "lambda:", "xoxb"},
			sibling: observability(t, withReceivers, func(s *schema.ObservabilitySpec) { s.Slack.Channel, s.Edge = "C0123ABCDE", nil }),
			lacks:   []string{"C0123ABCD9", "us-east-1"},
		},
		"registration/secret": {
			reason:  "an address, a certificate authority and a role: no secret",
			claim:   registration(t),
			shows:   `.`,
			absent:  []string{"bearerToken", "password", "spec:"},
			sibling: registration(t, func(s *schema.ClusterRegistrationSpec) { s.Labels, s.ClusterName = map[string]string{}, "main" }),
			lacks:   []string{"genops.dev/stage: prod", "name: cluster-acme-app"},
		},
		"registration/metrics": {
			reason:  "the workspace that the cluster's metrics are sent to, as a label that add-ons are chosen by",
			claim:   registration(t, withMetrics),
			shows:   `.`,
			absent:  []string{"spec:", "annotations:\n    genops.dev/metrics"},
			sibling: registration(t),
			lacks:   []string{"genops.dev/metrics: ws-simulated"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, _ := tc.claim.simulate(t)
			got := page(t, result, tc.shows)
			golden(t, name+".yaml", got)
			for _, text := range tc.absent {
				if strings.Contains(got, text) {
					t.Errorf("%s: %q must not be there", tc.reason, text)
				}
			}
			other, _ := tc.sibling.simulate(t)
			sibling := page(t, other, tc.shows)
			for _, text := range tc.lacks {
				if !strings.Contains(got, text) {
					t.Errorf("%q is not in the case, so its sibling proves nothing", text)
				}
				if strings.Contains(sibling, text) {
					t.Errorf("%s: %q is in the sibling, too", tc.reason, text)
				}
			}
			if got == "" || len(tc.absent) == 0 || len(tc.lacks) == 0 {
				t.Error("a case shows something, and says what must not be there")
			}
		})
	}
}

// TestKeys shows what whole claims are made of: a changed key is a resource that is deleted and another one that is made.
func TestKeys(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]claim{
		"network":              network(t),
		"network-little":       network(t, smallNetwork),
		"cluster":              cluster(t, withAccess),
		"cluster-plain":        cluster(t, plain),
		"registry":             registry(t, openRegistry),
		"registry-little":      registry(t, smallRegistry),
		"baseline":             accountBaseline(t, withTrail, allStandards),
		"baseline-little":      accountBaseline(t, secondRegion),
		"edge":                 edge(t, deepHost),
		"edge-platform":        edge(t, platformZone),
		"edge-only-spa":        edge(t, onlySPA),
		"registration":         registration(t),
		"state-backend":        stateBackend(t),
		"database":             database(t),
		"observability":        observability(t, withReceivers),
		"observability-alarms": observability(t, onlyAlarms),
		"database-replica":     database(t, withReplica, withAlarms),
		"organization":         organization(t),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, _ := c.simulate(t)
			var b strings.Builder
			for _, resource := range result.Resources {
				fmt.Fprintf(&b, "%-70s %s\n", resource.Key, text(resource.Object, "kind"))
			}
			golden(t, "keys/"+name+".txt", b.String())
		})
	}
}
