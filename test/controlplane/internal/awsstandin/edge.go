package awsstandin

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	groupRoute53    = "route53.aws.upbound.io"
	groupACM        = "acm.aws.upbound.io"
	groupCloudFront = "cloudfront.aws.upbound.io"
	groupWAF        = "wafv2.aws.upbound.io"
	groupS3         = "s3.aws.upbound.io"
)

const (
	kindZone          = groupRoute53 + "/Zone"
	kindRecord        = groupRoute53 + "/Record"
	kindCertificate   = groupACM + "/Certificate"
	kindValidation    = groupACM + "/CertificateValidation"
	kindDistribution  = groupCloudFront + "/Distribution"
	kindEdgeFunction  = groupCloudFront + "/Function"
	kindOriginAccess  = groupCloudFront + "/OriginAccessControl"
	kindHeadersPolicy = groupCloudFront + "/ResponseHeadersPolicy"
	kindWebACL        = groupWAF + "/WebACL"
	kindWebACLLogs    = groupWAF + "/WebACLLoggingConfiguration"
	kindBucket        = groupS3 + "/Bucket"
)

// regionOfCloudFront is where CloudFront's certificates and web ACLs are.
const regionOfCloudFront = "us-east-1"

// withPrefix is a kind whose ids start with a prefix.
func (k kind) withPrefix(prefix string) kind { k.prefix = prefix; return k }

// edgeKinds are what an Edge claim is made of.
func edgeKinds() []kind {
	part := func(name string) kind { return plain(groupS3, name, "", "", given) }
	return []kind{
		plain(groupRoute53, "Zone", "route53", "hostedzone/", given).withPrefix("Z"),
		plain(groupRoute53, "Record", "", "", given).newer(),
		plain(groupACM, "Certificate", "acm", "certificate/", given).newer(),
		plain(groupACM, "CertificateValidation", "", "", given),
		plain(groupCloudFront, "Distribution", "cloudfront", "distribution/", given).newer().withPrefix("E"),
		plain(groupCloudFront, "Function", "cloudfront", "function/", chosen).limited(64),
		plain(groupCloudFront, "OriginAccessControl", "cloudfront", "origin-access-control/", given).withPrefix("E"),
		plain(groupCloudFront, "ResponseHeadersPolicy", "cloudfront", "response-headers-policy/", given).newer(),
		plain(groupWAF, "WebACL", "wafv2", "webacl/", given),
		plain(groupWAF, "WebACLLoggingConfiguration", "", "", computed),
		plain(groupS3, "Bucket", "s3", "", chosen).newer().limited(63),
		part("BucketPolicy"),
		part("BucketPublicAccessBlock"),
		part("BucketOwnershipControls").newer(),
		part("BucketVersioning").newer(),
		part("BucketServerSideEncryptionConfiguration").newer(),
		part("BucketLifecycleConfiguration").newer(),
	}
}

// worldwide tells whether a group's resources have no region.
func worldwide(group string) bool {
	return group == groupIAM || group == groupRoute53 || group == groupCloudFront || group == groupBudgets || group == groupS3Control || group == groupOrganizations
}

// edgeID is the id that AWS gives a resource of an edge; empty if it is made as all others.
func edgeID(r *resource, seed []string) string {
	switch {
	case r.kind.full() == kindRecord:
		return text(r.params, "zoneId") + "_" + strings.TrimSuffix(text(r.params, "name"), ".") + "_" + text(r.params, "type")
	case r.kind.full() == kindCertificate:
		return arn(r.place, "acm", "certificate/"+uuid(seed...))
	case r.kind.full() == kindWebACL, r.kind.full() == kindHeadersPolicy, r.kind.full() == kindValidation:
		return uuid(seed...)
	case r.kind.group == groupS3:
		return text(r.params, "bucket")
	default:
		return ""
	}
}

// edgeARN is the ARN of a resource of an edge, where it is not made as all others.
func edgeARN(r *resource) (string, bool) {
	switch r.kind.full() {
	case kindZone:
		return "arn:" + r.place.partition + ":route53:::hostedzone/" + r.identity, true
	case kindBucket:
		return "arn:" + r.place.partition + ":s3:::" + r.identity, true
	case kindCertificate:
		return r.identity, true
	case kindWebACL:
		scope := "regional"
		if text(r.params, "scope") == "CLOUDFRONT" {
			scope = "global"
		}
		return arn(r.place, "wafv2", scope+"/webacl/"+text(r.params, "name")+"/"+r.identity), true
	default:
		return "", false
	}
}

// proof is the record by which ACM knows whose a name is: one for each name of an account, in all regions.
func proof(account, name string) (record, value string) {
	name = strings.TrimPrefix(name, "*.")
	h := hash("proof", account, name)
	return "_" + h[:32] + "." + name + ".", "_" + h[32:] + ".acm-validations.aws."
}

// namesOf are the names of a certificate.
func namesOf(params fields) []string {
	names := []string{text(params, "domainName")}
	others, _ := params["subjectAlternativeNames"].([]any)
	for _, other := range others {
		if name, ok := other.(string); ok && name != names[0] {
			names = append(names, name)
		}
	}
	return names
}

func edgeAttributes(r *resource) fields {
	switch r.kind.full() {
	case kindZone:
		servers := make([]any, 0, 4)
		for i, domain := range []string{"com", "net", "org", "co.uk"} {
			servers = append(servers, fmt.Sprintf("ns-%s.awsdns-%02d.%s", digits(r.identity, domain)[:3], i, domain))
		}
		return fields{"zoneId": r.identity, "nameServers": servers, "primaryNameServer": servers[0]}
	case kindRecord:
		return fields{"fqdn": strings.TrimSuffix(text(r.params, "name"), ".")}
	case kindCertificate:
		var options []any
		for _, name := range namesOf(r.params) {
			record, value := proof(r.place.account, name)
			options = append(options, fields{
				"domainName": name, "resourceRecordName": record, "resourceRecordType": "CNAME", "resourceRecordValue": value,
			})
		}
		return fields{"domainValidationOptions": options, "status": "PENDING_VALIDATION", "type": "AMAZON_ISSUED"}
	case kindDistribution:
		return fields{"domainName": "d" + hash(r.identity)[:13] + ".cloudfront.net", "hostedZoneId": "Z2FDTNDATAQYW2", "status": "Deployed"}
	case kindEdgeFunction:
		return fields{"status": "UNASSOCIATED"}
	case kindWebACL:
		return fields{"capacity": int64(1327)}
	default:
		return nil
	}
}

// unproved tells whether a certificate waits for a record that proves one of its names.
func (c *cloud) unproved(r *resource) bool {
	if r.kind.full() != kindValidation {
		return false
	}
	certificate := c.lookup(r.place, kindCertificate, text(r.params, "certificateArn"))
	if certificate == nil {
		return true
	}
	for _, name := range namesOf(certificate.params) {
		record, value := proof(r.place.account, name)
		found := false
		c.each(place{account: r.place.account}, kindRecord, func(other *resource) bool {
			values, _ := other.params["records"].([]any)
			found = text(other.params, "name") == record && slices.Contains(values, any(value))
			return !found
		})
		if !found {
			return true
		}
	}
	return false
}

// checkEdge checks the kinds of an edge.
func (c *cloud) checkEdge(r *resource) error {
	if bucket := text(r.params, "bucket"); r.kind.group == groupS3 && bucket != "" && c.lookup(r.place, kindBucket, bucket) == nil {
		return fmt.Errorf("NoSuchBucket: The specified bucket does not exist: %s", bucket)
	}
	switch r.kind.full() {
	case kindRecord:
		return c.checkRecord(r)
	case kindDistribution:
		return c.checkDistribution(r)
	case kindWebACL:
		return checkWebACL(r)
	case kindWebACLLogs:
		groups, _ := r.params["logDestinationConfigs"].([]any)
		for _, group := range groups {
			_, name, _ := strings.Cut(fmt.Sprint(group), ":log-group:")
			if !strings.HasPrefix(name, "aws-waf-logs-") || c.lookup(r.place, groupLogs+"/Group", name) == nil {
				return fmt.Errorf("WAFInvalidParameterException: The ARN isn't valid: %v", group)
			}
		}
	case groupS3 + "/BucketPolicy":
		return checkDocument(r.params, "policy")
	}
	return nil
}

func (c *cloud) checkRecord(r *resource) error {
	zone := c.lookup(r.place, kindZone, text(r.params, "zoneId"))
	if zone == nil {
		return fmt.Errorf("NoSuchHostedZone: No hosted zone found with ID: %s: it does not exist", text(r.params, "zoneId"))
	}
	name, domain := strings.TrimSuffix(text(r.params, "name"), "."), text(zone.params, "name")
	if name != domain && !strings.HasSuffix(name, "."+domain) {
		return fmt.Errorf("InvalidChangeBatch: RRSet with DNS name %s. is not permitted in zone %s.", name, domain)
	}
	if (r.params["alias"] != nil) == (r.params["records"] != nil) || (r.params["ttl"] != nil) != (r.params["records"] != nil) {
		return errors.New("InvalidInput: a record has either an alias, or values and a TTL")
	}
	return nil
}

func checkWebACL(r *resource) error {
	if text(r.params, "scope") == "CLOUDFRONT" && r.place.region != regionOfCloudFront {
		return fmt.Errorf("WAFInvalidParameterException: The scope is not valid in %s", r.place.region)
	}
	var rules []struct{ Priority int }
	if source := text(r.params, "ruleJson"); source != "" {
		if err := json.Unmarshal([]byte(source), &rules); err != nil {
			return fmt.Errorf("WAFInvalidParameterException: %w", err)
		}
	}
	places := map[int]bool{}
	for _, rule := range rules {
		if places[rule.Priority] {
			return fmt.Errorf("WAFInvalidParameterException: two rules have the priority %d", rule.Priority)
		}
		places[rule.Priority] = true
	}
	return nil
}

// checkDistribution looks up what a distribution is made of.
func (c *cloud) checkDistribution(r *resource) error {
	if err := c.checkAliases(r); err != nil {
		return err
	}
	global := place{account: r.place.account, region: regionOfCloudFront}
	if name := text(r.params, "webAclId"); name != "" && c.lookup(global, kindWebACL, name[strings.LastIndex(name, "/")+1:]) == nil {
		return fmt.Errorf("InvalidWebACLId: Web ACL %s does not exist", name)
	}
	origins := map[string]bool{}
	list, _ := r.params["origin"].([]any)
	for _, origin := range list {
		origins[text(origin, "originId")] = true
		if id := text(origin, "originAccessControlId"); id != "" && c.lookup(r.place, kindOriginAccess, id) == nil {
			return fmt.Errorf("NoSuchOriginAccessControl: The specified origin access control does not exist: %s", id)
		}
	}
	ordered, _ := r.params["orderedCacheBehavior"].([]any)
	for _, behavior := range append([]any{r.params["defaultCacheBehavior"]}, ordered...) {
		if !origins[text(behavior, "targetOriginId")] {
			return fmt.Errorf("NoSuchOrigin: One or more of your origins or origin groups do not exist: %s", text(behavior, "targetOriginId"))
		}
		if id := text(behavior, "responseHeadersPolicyId"); id != "" && c.lookup(r.place, kindHeadersPolicy, id) == nil {
			return fmt.Errorf("NoSuchResponseHeadersPolicy: The response headers policy does not exist: %s", id)
		}
		if name := text(behavior, "functionAssociation", 0, "functionArn"); name != "" && c.lookup(r.place, kindEdgeFunction, name[strings.LastIndex(name, "/")+1:]) == nil {
			return fmt.Errorf("NoSuchFunctionExists: The specified function does not exist: %s", name)
		}
	}
	return nil
}

// checkAliases checks that a distribution's certificate is valid and good for its names, which no other distribution has.
func (c *cloud) checkAliases(r *resource) error {
	name := text(r.params, "viewerCertificate", "acmCertificateArn")
	if name == "" {
		return nil
	}
	global := place{account: r.place.account, region: regionOfCloudFront}
	certificate, valid := c.lookup(global, kindCertificate, name), false
	c.each(global, kindValidation, func(other *resource) bool {
		valid = text(other.params, "certificateArn") == name && !c.unproved(other)
		return !valid
	})
	if certificate == nil || !valid {
		return fmt.Errorf("InvalidViewerCertificate: The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid: %s", name)
	}
	names := namesOf(certificate.params)
	aliases, _ := r.params["aliases"].([]any)
	for _, alias := range aliases {
		host := fmt.Sprint(alias)
		_, above, _ := strings.Cut(host, ".")
		if !slices.Contains(names, host) && !slices.Contains(names, "*."+above) {
			return fmt.Errorf("InvalidViewerCertificate: The certificate doesn't cover the alternate domain name %s", host)
		}
		for place, other := range c.resources {
			taken, _ := other.params["aliases"].([]any)
			if place.kind == kindDistribution && other != r && other.identity != r.identity && slices.Contains(taken, alias) {
				return fmt.Errorf("CNAMEAlreadyExists: One or more of the CNAMEs you provided are already associated with a different resource: %s", host)
			}
		}
	}
	return nil
}
