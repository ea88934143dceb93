package compositions

import (
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// Certificates of a site: CloudFront's, and that of the load balancer that CloudFront asks.
const (
	cloudFrontCertificate = "certificate"
	balancerCertificate   = "load-balancer-certificate"
)

// certificateNames are what a certificate is good for: the domain, all names directly below it, and hosts that are deeper.
func (e *edge) certificateNames() []string {
	names := []string{e.spec.Domain, "*." + e.spec.Domain}
	for _, host := range e.site.Hosts {
		if strings.Contains(strings.TrimSuffix(host, "."+e.spec.Domain), ".") {
			names = append(names, host)
		}
	}
	return names
}

// certificateKey is the key of a certificate. AWS cannot change its names, so that those beyond the usual ones are part of the key: another
// certificate takes its place, and AWS deletes none that is in use.
func (e *edge) certificateKey(which string) string {
	const usual = 2
	if names := e.certificateNames(); len(names) > usual {
		return which + "-" + shortHash(strings.Join(names[usual:], " "))
	}
	return which
}

// certificates makes the certificates, the records that prove that the names are ours, and the wait for AWS to have looked at them.
func (e *edge) certificates() {
	e.addCertificate(cloudFrontCertificate, regionOfCloudFront)
	if e.site.LoadBalancer != nil {
		e.addCertificate(balancerCertificate, e.meta.Region)
	}
	for _, name := range e.certificateNames() {
		if !strings.HasPrefix(name, "*.") { // The proof for the name above it is the same.
			e.proof(name)
		}
	}
}

func (e *edge) addCertificate(which, region string) {
	names, key := e.certificateNames(), e.certificateKey(which)
	e.add(key, e.certificate, fields{
		"domainName": names[0], "subjectAlternativeNames": list(names[1:]), "validationMethod": "DNS", "keyAlgorithm": "RSA_2048",
	}).in(region)
	e.add(key+"-validation", e.validation, fields{"certificateArnRef": e.ref(key)}).in(region)
}

// proof makes the record by which ACM knows that a name is ours. It is the same for all certificates of an account with that name, in any region
// (ACM user guide: DNS validation), and holds as long as it stays: ACM renews the certificate with it.
func (e *edge) proof(name string) {
	key := "validation-" + hostKey(name, e.spec.Domain)
	record := e.proofOf(name)
	if record == nil {
		// A certificate that lost its status for a moment still needs its proof.
		before := e.observed.Resources[key]
		if values, ok := at(before, "spec", "forProvider", "records").([]any); ok {
			record = fields{
				"name": text(before, "spec", "forProvider", "name"), "type": text(before, "spec", "forProvider", "type"), "records": sortedTexts(values),
			}
		}
	}
	if record == nil {
		e.hold(key, e.record.noun)
		return
	}
	record["ttl"] = int64(recordTTL)
	e.addRecord(key, record).fromObserved("spec.forProvider.name", "spec.forProvider.type", "spec.forProvider.records")
}

// proofOf is what ACM asks for; nil if it has not said yet.
func (e *edge) proofOf(name string) fields {
	for _, which := range []string{cloudFrontCertificate, balancerCertificate} {
		options, _ := at(e.observed.Resources[e.certificateKey(which)], "status", "atProvider", "domainValidationOptions").([]any)
		for _, option := range options {
			record, value := text(option, "resourceRecordName"), text(option, "resourceRecordValue")
			if strings.TrimPrefix(text(option, "domainName"), "*.") == name && record != "" && value != "" {
				return fields{"name": record, "type": text(option, "resourceRecordType"), "records": []any{value}}
			}
		}
	}
	return nil
}

// validCertificate is the ARN of CloudFront's certificate once AWS has issued it: before, CloudFront refuses it.
func (e *edge) validCertificate() string {
	key := e.certificateKey(cloudFrontCertificate)
	arn := e.observedText(key, "status", "atProvider", "arn")
	used := e.observedText(keyDistribution, "spec", "forProvider", "viewerCertificate", "acmCertificateArn")
	if arn != "" && (arn == used || e.ready(key+"-validation")) {
		return arn
	}
	return ""
}

// existingEdge is what AWS gives to resources of an edge, simulated.
func existingEdge(meta schema.ClaimMeta, object fields) fields {
	name := text(object, "metadata", "name")
	switch text(object, "kind") {
	case "Zone":
		return fields{"zoneId": "Z" + strings.ToUpper(Simulated), "nameServers": []any{"ns-1." + Simulated + ".example", "ns-2." + Simulated + ".example"}}
	case "Certificate":
		names, _ := at(object, "spec", "forProvider", "subjectAlternativeNames").([]any)
		var options []any
		for _, value := range append([]any{text(object, "spec", "forProvider", "domainName")}, names...) {
			host, _ := value.(string)
			options = append(options, fields{
				"domainName": host, "resourceRecordType": "CNAME", "resourceRecordValue": "_" + Simulated + ".acm-validations.aws.",
				"resourceRecordName": "_" + Simulated + "." + strings.TrimPrefix(host, "*.") + ".",
			})
		}
		region := text(object, "spec", "forProvider", "region")
		certificate := "arn:" + schema.Partition(region) + ":acm:" + region + ":" + meta.Account + ":certificate/" + Simulated
		return fields{"arn": certificate, "domainValidationOptions": options}
	case "WebACL":
		region, scope := text(object, "spec", "forProvider", "region"), "regional"
		if text(object, "spec", "forProvider", "scope") == "CLOUDFRONT" {
			scope = "global"
		}
		resource := scope + "/webacl/" + text(object, "spec", "forProvider", "name") + "/" + Simulated
		return fields{"arn": "arn:" + schema.Partition(region) + ":wafv2:" + region + ":" + meta.Account + ":" + resource}
	case "Function":
		return fields{"arn": cloudFrontARN(meta, "function/"+text(object, "metadata", "annotations", annotationExternalName))}
	case "Distribution":
		return fields{"arn": cloudFrontARN(meta, "distribution/"+Simulated), "domainName": Simulated + ".cloudfront.net", "id": Simulated + "-" + name}
	default:
		return nil
	}
}

// cloudFrontARN is an ARN of CloudFront, which has no regions.
func cloudFrontARN(meta schema.ClaimMeta, resource string) string {
	return "arn:" + schema.Partition(meta.Region) + ":cloudfront::" + meta.Account + ":" + resource
}
