package compositions

// identity is how a resource is identified in AWS, and so what its external-name is (provider configuration: external names).
type identity int

const (
	// byID: AWS gives an id. An external-name is set only to adopt a resource that exists; an invented one would be looked up for ever.
	byID identity = iota
	// byName: the name is ours to choose and stands in the external-name, not in a field.
	byName
	// byFields: computed from fields of the resource. The external-name is the provider's business.
	byFields
)

// kind is one kind of managed resource, in the newest cluster-scoped version of its API.
type kind struct {
	group, version, name string
	identity             identity
	// noun is what people call it in a status.
	noun string
	// global kinds have no region; untagged ones take no tags. Settings of something else go with it: they are never deleted by themselves.
	global, untagged, setting bool
}

func ec2Kind(name, noun string, id identity) kind {
	return kind{group: "ec2.aws.upbound.io", version: "v1beta1", name: name, identity: id, noun: noun}
}

func (k kind) v1beta2() kind  { k.version = "v1beta2"; return k }
func (k kind) noTags() kind   { k.untagged = true; return k }
func (k kind) settings() kind { k.setting = true; return k }

// everywhere is a kind of a service that has no regions.
func (k kind) everywhere() kind { k.global = true; return k }

func iamKind(name, noun string, id identity) kind {
	return kind{group: "iam.aws.upbound.io", version: "v1beta1", name: name, identity: id, noun: noun, global: true}
}

func eksKind(name, noun string, id identity) kind {
	return kind{group: "eks.aws.upbound.io", version: "v1beta1", name: name, identity: id, noun: noun}
}

func serviceKind(service, name, noun string, id identity) kind {
	return kind{group: service + ".aws.upbound.io", version: "v1beta1", name: name, identity: id, noun: noun}
}

// policies are what the provider does with a resource. It writes down an id that AWS gave only together with LateInitialize: without it no
// reference to the resource would resolve, and a restarted provider would make the resource a second time (upjet issue 531, provider-upjet-aws
// issue 1715). Where the identity is known before, what AWS fills in does not become what we ask for.
func (k kind) policies() []any {
	policies := []any{"Observe", "Create", "Update"}
	if !k.setting {
		policies = append(policies, "Delete")
	}
	if k.identity == byID {
		policies = append(policies, "LateInitialize")
	}
	return policies
}

// kinds are all kinds of managed resources that compositions make.
type kinds struct {
	vpc, cidrAssociation, subnet, internetGateway, elasticIP, natGateway, routeTable, route, routeTableAssociation,
	endpoint, endpointSubnet, endpointSecurityGroup, endpointRouteTable, flowLog, networkACL, networkACLRule,
	securityGroup, ingressRule, egressRule, defaultSecurityGroup, launchTemplate,
	eksCluster, nodeGroup, addon, accessEntry, accessPolicy, podIdentity,
	role, policy, rolePolicy, policyAttachment, oidcProvider,
	key, alias, queue, queuePolicy, rule, target, logGroup,
	repository, lifecyclePolicy, repositoryPolicy, registryScanning, inspector,
	zone, record, certificate, validation, distribution, edgeFunction, originAccess, headersPolicy, webACL, webACLLogs,
	bucket, bucketPolicy, bucketAccess, bucketOwnership, bucketVersioning, bucketEncryption, bucketLifecycle,
	dbCluster, dbInstance, dbSubnetGroup, dbParameterGroup, globalCluster, secret, secretVersion, parameter, alarm, table,
	detector, securityHub, standard, recorder, recorderStatus, deliveryChannel, analyzer, budget, passwordPolicy, accountAccess,
	diskEncryption, diskKey, trail,
	organization, unit, account, controlPolicy, controlAttachment, delegatedAdministrator,
	permissionSet, permissionAssignment, permissionPolicy, permissionInline, group,
	metrics, ruleGroups, alertManager, grafana, grafanaRole, topic, topicPolicy, subscription, cloudControl kind
}

// managed is the table of kinds.
func managed() kinds {
	return kinds{
		vpc:                   ec2Kind("VPC", "VPC", byID),
		cidrAssociation:       ec2Kind("VPCIPv4CidrBlockAssociation", "further range", byID).noTags(),
		subnet:                ec2Kind("Subnet", "subnet", byID),
		internetGateway:       ec2Kind("InternetGateway", "Internet gateway", byID),
		elasticIP:             ec2Kind("EIP", "elastic IP", byID),
		natGateway:            ec2Kind("NATGateway", "NAT gateway", byID),
		routeTable:            ec2Kind("RouteTable", "route table", byID),
		route:                 ec2Kind("Route", "route", byFields).v1beta2().noTags(),
		routeTableAssociation: ec2Kind("RouteTableAssociation", "route table association", byID).noTags(),
		endpoint:              ec2Kind("VPCEndpoint", "VPC endpoint", byID).v1beta2(),
		endpointSubnet:        ec2Kind("VPCEndpointSubnetAssociation", "endpoint association", byFields).noTags(),
		endpointSecurityGroup: ec2Kind("VPCEndpointSecurityGroupAssociation", "endpoint association", byID).noTags(),
		endpointRouteTable:    ec2Kind("VPCEndpointRouteTableAssociation", "endpoint association", byFields).noTags(),
		flowLog:               ec2Kind("FlowLog", "flow log", byID).v1beta2(),
		networkACL:            ec2Kind("NetworkACL", "network ACL", byID),
		networkACLRule:        ec2Kind("NetworkACLRule", "network ACL rule", byID).noTags(),
		securityGroup:         ec2Kind("SecurityGroup", "security group", byID),
		ingressRule:           ec2Kind("SecurityGroupIngressRule", "security group rule", byID),
		egressRule:            ec2Kind("SecurityGroupEgressRule", "security group rule", byID),
		defaultSecurityGroup:  ec2Kind("DefaultSecurityGroup", "default security group", byID),
		launchTemplate:        ec2Kind("LaunchTemplate", "launch template", byID).v1beta2(),

		eksCluster:   eksKind("Cluster", "cluster", byName).v1beta2(),
		nodeGroup:    eksKind("NodeGroup", "node group", byName).v1beta2(),
		addon:        eksKind("Addon", "add-on", byFields),
		accessEntry:  eksKind("AccessEntry", "access entry", byFields),
		accessPolicy: eksKind("AccessPolicyAssociation", "access policy", byFields).noTags(),
		podIdentity:  eksKind("PodIdentityAssociation", "pod identity", byID),

		role:             iamKind("Role", "role", byName),
		policy:           iamKind("Policy", "policy", byName),
		rolePolicy:       iamKind("RolePolicy", "role policy", byName).noTags(),
		policyAttachment: iamKind("RolePolicyAttachment", "policy attachment", byID).noTags(),
		oidcProvider:     iamKind("OpenIDConnectProvider", "OIDC provider", byID),

		key:         serviceKind("kms", "Key", "key", byID),
		alias:       serviceKind("kms", "Alias", "key alias", byName).noTags(),
		queue:       serviceKind("sqs", "Queue", "queue", byID),
		queuePolicy: serviceKind("sqs", "QueuePolicy", "queue policy", byID).noTags(),
		rule:        serviceKind("cloudwatchevents", "Rule", "event rule", byName),
		target:      serviceKind("cloudwatchevents", "Target", "event target", byFields).v1beta2().noTags(),
		logGroup:    serviceKind("cloudwatchlogs", "Group", "log group", byName),

		repository:       serviceKind("ecr", "Repository", "repository", byName).v1beta2(),
		lifecyclePolicy:  serviceKind("ecr", "LifecyclePolicy", "lifecycle policy", byID).noTags().settings(),
		repositoryPolicy: serviceKind("ecr", "RepositoryPolicy", "repository policy", byID).noTags(),
		registryScanning: serviceKind("ecr", "RegistryScanningConfiguration", "scanning configuration", byID).noTags(),
		inspector:        serviceKind("inspector2", "Enabler", "Inspector", byID).noTags(),

		zone:          serviceKind("route53", "Zone", "hosted zone", byID).everywhere(),
		record:        serviceKind("route53", "Record", "record", byID).v1beta2().everywhere().noTags(),
		certificate:   serviceKind("acm", "Certificate", "certificate", byID).v1beta2(),
		validation:    serviceKind("acm", "CertificateValidation", "certificate validation", byID).noTags(),
		distribution:  serviceKind("cloudfront", "Distribution", "distribution", byID).v1beta2().everywhere(),
		edgeFunction:  serviceKind("cloudfront", "Function", "function", byName).everywhere().noTags(),
		originAccess:  serviceKind("cloudfront", "OriginAccessControl", "origin access control", byID).everywhere().noTags(),
		headersPolicy: serviceKind("cloudfront", "ResponseHeadersPolicy", "response headers policy", byID).v1beta2().everywhere().noTags(),
		webACL:        serviceKind("wafv2", "WebACL", "web ACL", byID),
		webACLLogs:    serviceKind("wafv2", "WebACLLoggingConfiguration", "web ACL logging", byFields).noTags(),

		bucket:           serviceKind("s3", "Bucket", "bucket", byName).v1beta2(),
		bucketPolicy:     serviceKind("s3", "BucketPolicy", "bucket policy", byID).noTags(),
		bucketAccess:     serviceKind("s3", "BucketPublicAccessBlock", "public access block", byID).noTags(),
		bucketOwnership:  serviceKind("s3", "BucketOwnershipControls", "bucket ownership", byID).v1beta2().noTags(),
		bucketVersioning: serviceKind("s3", "BucketVersioning", "bucket versioning", byID).v1beta2().noTags(),
		bucketEncryption: serviceKind("s3", "BucketServerSideEncryptionConfiguration", "bucket encryption", byID).v1beta2().noTags(),
		bucketLifecycle:  serviceKind("s3", "BucketLifecycleConfiguration", "bucket lifecycle", byID).v1beta2().noTags(),

		dbCluster:        serviceKind("rds", "Cluster", "database cluster", byName).v1beta2(),
		dbInstance:       serviceKind("rds", "ClusterInstance", "database instance", byName),
		dbSubnetGroup:    serviceKind("rds", "SubnetGroup", "subnet group", byName),
		dbParameterGroup: serviceKind("rds", "ClusterParameterGroup", "parameter group", byName),
		globalCluster:    serviceKind("rds", "GlobalCluster", "global database", byName),
		secret:           serviceKind("secretsmanager", "Secret", "secret", byID),
		secretVersion:    serviceKind("secretsmanager", "SecretVersion", "secret version", byID).noTags(),
		parameter:        serviceKind("ssm", "Parameter", "parameter", byName),
		alarm:            serviceKind("cloudwatch", "MetricAlarm", "alarm", byName).v1beta2(),

		table: serviceKind("dynamodb", "Table", "table", byName).v1beta2(),

		// What watches an account, and its settings, are never deleted with a claim: a person turns them off in AWS.
		detector:        serviceKind("guardduty", "Detector", "threat detector", byID).v1beta2().settings(),
		securityHub:     serviceKind("securityhub", "Account", "Security Hub", byID).noTags().settings(),
		standard:        serviceKind("securityhub", "StandardsSubscription", "security standard", byFields).noTags(),
		recorder:        serviceKind("configservice", "ConfigurationRecorder", "recorder", byName).v1beta2().noTags().settings(),
		recorderStatus:  serviceKind("configservice", "AWSConfigurationRecorderStatus", "recording", byName).noTags().settings(),
		deliveryChannel: serviceKind("configservice", "DeliveryChannel", "delivery channel", byName).v1beta2().noTags().settings(),
		analyzer:        serviceKind("accessanalyzer", "Analyzer", "access analyzer", byName).v1beta2(),
		budget:          serviceKind("budgets", "Budget", "budget", byName).v1beta2().everywhere(),
		passwordPolicy:  iamKind("AccountPasswordPolicy", "password policy", byID).noTags().settings(),
		accountAccess:   serviceKind("s3control", "AccountPublicAccessBlock", "block of public buckets", byID).everywhere().noTags().settings(),
		diskEncryption:  ec2Kind("EBSEncryptionByDefault", "encryption of disks", byID).noTags().settings(),
		diskKey:         ec2Kind("EBSDefaultKMSKey", "default key of disks", byID).noTags().settings(),
		trail:           serviceKind("cloudtrail", "Trail", "trail", byName).settings(),

		// What the organization consists of outlives its claim.
		organization:           serviceKind("organizations", "Organization", "organization", byID).everywhere().noTags().settings(),
		unit:                   serviceKind("organizations", "OrganizationalUnit", "organizational unit", byID).everywhere().settings(),
		account:                serviceKind("organizations", "Account", "account", byID).everywhere().settings(),
		controlPolicy:          serviceKind("organizations", "Policy", "service control policy", byID).everywhere(),
		controlAttachment:      serviceKind("organizations", "PolicyAttachment", "policy attachment", byFields).everywhere().noTags(),
		delegatedAdministrator: serviceKind("organizations", "DelegatedAdministrator", "delegated administrator", byFields).everywhere().noTags(),

		permissionSet:        serviceKind("ssoadmin", "PermissionSet", "permission set", byID),
		permissionAssignment: serviceKind("ssoadmin", "AccountAssignment", "account assignment", byFields).noTags(),
		permissionPolicy:     serviceKind("ssoadmin", "ManagedPolicyAttachment", "policy attachment", byFields).noTags(),
		permissionInline:     serviceKind("ssoadmin", "PermissionSetInlinePolicy", "inline policy", byFields).noTags(),
		group:                serviceKind("identitystore", "Group", "group", byID).noTags().settings(), // Its members were put into it by hand.

		metrics:      serviceKind("amp", "Workspace", "workspace of metrics", byID).v1beta2(),
		ruleGroups:   serviceKind("amp", "RuleGroupNamespace", "rule file", byName),
		alertManager: serviceKind("amp", "AlertManagerDefinition", "alert manager", byID).noTags(),
		grafana:      serviceKind("grafana", "Workspace", "Grafana", byID).v1beta2(),
		grafanaRole:  serviceKind("grafana", "RoleAssociation", "role in Grafana", byID).noTags(),
		topic:        serviceKind("sns", "Topic", "topic", byName),
		topicPolicy:  serviceKind("sns", "TopicPolicy", "topic policy", byID).noTags(),
		subscription: serviceKind("sns", "TopicSubscription", "subscription", byID).noTags(),
		cloudControl: serviceKind("cloudcontrol", "Resource", "channel of Slack", byID).noTags(),
	}
}
