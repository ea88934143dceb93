package awsstandin

import (
	"strings"
	"testing"
)

// site is what a distribution needs, and the distribution. proved has the record that proves the certificate's name.
func site(proved bool) []fields {
	record, value := proof(account, "app.example.com")
	certificate := arn(place{partition: "aws", account: account, region: regionOfCloudFront}, "acm", "certificate/"+uuid(account, regionOfCloudFront, kindCertificate, "certificate"))
	objects := []fields{
		managed(kindZone, "zone", `{name: app.example.com}`),
		managed(kindCertificate, "certificate", `{domainName: app.example.com, subjectAlternativeNames: ["*.app.example.com"]}`),
		managed(kindValidation, "validation", `{certificateArnRef: {name: certificate}}`),
		managed(kindDistribution, "distribution", `{aliases: [app.example.com], origin: [{originId: a, domainName: b}], defaultCacheBehavior: {targetOriginId: a},
			viewerCertificate: {acmCertificateArn: "`+certificate+`"}}`),
	}
	for _, object := range objects[1:3] {
		set(object, regionOfCloudFront, "spec", "forProvider", "region")
	}
	if proved {
		objects = append(objects, managed(kindRecord, "proof", `{zoneIdRef: {name: zone}, name: `+record+`, type: CNAME, ttl: 300, records: [`+value+`]}`))
	}
	return objects
}

// TestCertificatesAreProved holds that a certificate is valid only with its record, and that a distribution needs a valid one.
func TestCertificatesAreProved(t *testing.T) {
	t.Parallel()
	h := start(t, Options{}, site(false)...)
	h.eventually(kindValidation, "validation", "waiting", func(object fields) bool { return isTrue(object, "Synced") && !ready(object) })
	h.refused(kindDistribution, "distribution", "InvalidViewerCertificate")
	proved := site(true)
	h.create(proved[len(proved)-1])
	h.ready(kindValidation, "validation")
	for _, e := range h.History() {
		if e.Kind == kindValidation {
			t.Errorf("waiting for a certificate makes nothing: %s", e)
		}
	}
	distribution := h.ready(kindDistribution, "distribution")
	for field, want := range map[string]string{"domainName": ".cloudfront.net", "hostedZoneId": "Z2FDTNDATAQYW2", "arn": "arn:aws:cloudfront::" + account + ":distribution/E"} {
		if got := text(distribution, "status", "atProvider", field); !strings.Contains(got, want) {
			t.Errorf("%s is %q, want %s", field, got, want)
		}
	}
	if servers, _ := at(h.ready(kindZone, "zone"), "status", "atProvider", "nameServers").([]any); len(servers) != 4 {
		t.Errorf("name servers are %v", servers)
	}
}

// TestEdgeIsRefused has what AWS refuses.
func TestEdgeIsRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reason, kind, parameters, want string
	}{
		"record outside":    {"a zone has its own names", kindRecord, `{zoneIdRef: {name: zone}, name: a.other.com, type: A, ttl: 300, records: ["192.0.2.1"]}`, "is not permitted in zone"},
		"record of nothing": {"it says where to", kindRecord, `{zoneIdRef: {name: zone}, name: a.app.example.com, type: A}`, "InvalidInput"},
		"web ACL":           {"CloudFront's are in one region", kindWebACL, `{name: a, scope: CLOUDFRONT}`, "The scope is not valid"},
		"rules":             {"each has a place", kindWebACL, `{name: a, scope: REGIONAL, ruleJson: '[{"Priority": 1}, {"Priority": 1}]'}`, "two rules have the priority 1"},
		"log group":         {"AWS WAF writes only to some", kindWebACLLogs, `{resourceArn: a, logDestinationConfigs: ["arn:aws:logs:eu-west-1:111122223333:log-group:mine"]}`, "The ARN isn't valid"},
		"bucket":            {"there is none", groupS3 + "/BucketVersioning", `{bucket: none}`, "NoSuchBucket"},
		"origin":            {"behaviours go somewhere", kindDistribution, `{origin: [{originId: a}], defaultCacheBehavior: {targetOriginId: b}}`, "NoSuchOrigin"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t, Options{}, managed(kindZone, "zone", `{name: app.example.com}`), managed(tc.kind, "wrong", tc.parameters))
			h.refused(tc.kind, "wrong", tc.want)
		})
	}
}
