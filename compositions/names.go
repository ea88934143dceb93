package compositions

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// Limits of names in AWS, in characters.
const (
	limitRole          = 64  // IAM user guide: IAM and AWS STS quotas.
	limitPolicy        = 128 // IAM user guide: IAM and AWS STS quotas.
	limitRule          = 64  // EventBridge API: PutRule.
	limitQueue         = 80  // SQS API: CreateQueue.
	limitSecurityGroup = 255 // EC2 API: CreateSecurityGroup.
	limitNodeGroup     = 63  // EKS API: CreateNodegroup.
	limitTemplate      = 128 // EC2 API: CreateLaunchTemplate.
	limitAlias         = 250 // KMS API: CreateAlias, without its prefix.
	limitLogGroup      = 512 // CloudWatch Logs API: CreateLogGroup.
	limitBucket        = 63  // S3 user guide: bucket naming rules.
	limitEdgeFunction  = 64  // CloudFront API: CreateFunction.
	limitOriginAccess  = 64  // CloudFront API: OriginAccessControlConfig.
	limitHeadersPolicy = 128 // CloudFront API: ResponseHeadersPolicyConfig.
	limitWebACL        = 128 // AWS WAF API: CreateWebACL.
	limitDatabase      = 63  // RDS API: CreateDBCluster, CreateDBInstance, CreateGlobalCluster.
	limitDatabaseGroup = 255 // RDS API: CreateDBSubnetGroup, CreateDBClusterParameterGroup.
	limitAlarm         = 255 // CloudWatch API: PutMetricAlarm.
	limitBudget        = 100 // AWS Budgets API: CreateBudget.
	limitAnalyzer      = 255 // IAM Access Analyzer API: CreateAnalyzer.
	limitTrail         = 128 // CloudTrail API: CreateTrail.
	limitTopic         = 256 // SNS API: CreateTopic.
	limitWorkspace     = 100 // AMP API: CreateWorkspace.
	limitGrafana       = 255 // Grafana API: CreateWorkspace.
	limitRuleGroups    = 64  // AMP API: CreateRuleGroupsNamespace.
)

// Names of claims in the names of managed resources.
const (
	claimNetwork       = schema.ClaimNetwork
	claimCluster       = schema.ClaimCluster
	claimEdge          = schema.ClaimEdge
	claimDatabase      = schema.ClaimDatabase
	claimObservability = schema.ClaimObservability
	claimRegistration  = "registration"
	claimRegistry      = schema.ClaimRegistry
	claimStateBackend  = schema.ClaimStateBackend
	claimBaseline      = schema.ClaimBaseline
	claimOrganization  = schema.ClaimOrganization
)

// resourceName is the metadata.name of a managed resource: of this claim's, or of another one's that it refers to.
func resourceName(environment, claim, key string) string {
	return environment + "." + claim + "." + key
}

// prefix starts the names of an environment's resources in AWS.
func prefix(meta schema.ClaimMeta) string { return meta.Project + "-" + meta.Environment }

// shorten keeps a name within a limit. What is too long ends in a hash of the whole: two names that differ stay different, and the same name
// is always shortened the same way.
func shorten(name string, limit int) string {
	if len(name) <= limit {
		return name
	}
	hash := shortHash(name)
	return strings.TrimRight(name[:limit-len(hash)-1], "-.") + "-" + hash
}

// shortHash is a hash of 8 characters.
func shortHash(text string) string {
	const bytes = 4
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:bytes])
}

// NodeRoleName is the name of the IAM role of a cluster's Karpenter nodes. EC2NodeClasses name it, too.
func NodeRoleName(cluster string) string { return shorten(cluster+"-karpenter-node", limitRole) }

// QueueName is the name of the SQS queue of a cluster's interruption notices. Karpenter's settings name it, too.
func QueueName(cluster string) string { return shorten(cluster+"-karpenter", limitQueue) }

// ClusterResource is the name of the managed resource of an environment's EKS cluster.
func ClusterResource(environment string) string {
	return resourceName(environment, claimCluster, keyCluster)
}

// ZoneResource is the name of the managed resource of an environment's hosted zone.
func ZoneResource(environment string) string { return resourceName(environment, claimEdge, keyZone) }

// PushRoleARN is the role that workflows of GitHub push the images of a repository with. Workflows name it, too.
func PushRoleARN(meta schema.ClaimMeta, repository string) string {
	return iamARN(meta, "role/"+pushRoleName(meta, repository))
}

func pushRoleName(meta schema.ClaimMeta, repository string) string {
	return shorten(prefix(meta)+"-push-"+repository, limitRole)
}

// MetricsResource is the name of the managed resource of an environment's workspace of metrics.
func MetricsResource(environment string) string {
	return resourceName(environment, claimObservability, keyMetrics)
}

// arn is an Amazon Resource Name in the claim's region and account.
func arn(meta schema.ClaimMeta, service, resource string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", schema.Partition(meta.Region), service, meta.Region, meta.Account, resource)
}

// iamARN is an ARN of IAM, which has no regions.
func iamARN(meta schema.ClaimMeta, resource string) string {
	return fmt.Sprintf("arn:%s:iam::%s:%s", schema.Partition(meta.Region), meta.Account, resource)
}

// managedPolicy is the ARN of a policy that AWS keeps.
func managedPolicy(meta schema.ClaimMeta, name string) string {
	return fmt.Sprintf("arn:%s:iam::aws:policy/%s", schema.Partition(meta.Region), name)
}
