package compositions

import "github.com/innovate-inc/genops/schema"

const keyHeaders = "security-headers"

// Policies that AWS keeps for behaviours (CloudFront developer guide: managed cache policies, managed origin request policies).
const (
	cacheOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6"
	cacheDisabled  = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
	allViewer      = "216adef6-5c7f-47e4-b989-5492eafa07d3"
)

// zoneOfCloudFront is the hosted zone of all distributions (AWS General Reference: CloudFront endpoints).
const zoneOfCloudFront = "Z2FDTNDATAQYW2"

// Origins of a distribution.
const (
	originSPA      = "spa"
	originBalancer = "load-balancer"
)

// headers makes the policy of headers that CloudFront adds to responses.
func (e *edge) headers() {
	const secondsOfDay = 24 * 60 * 60
	e.add(keyHeaders, e.headersPolicy, fields{
		"name":    shorten(prefix(e.meta)+"-security", limitHeadersPolicy),
		"comment": "Security headers of " + prefix(e.meta),
		"securityHeadersConfig": fields{
			"strictTransportSecurity": fields{
				"accessControlMaxAgeSec": int64(e.site.Headers.HSTSDays) * secondsOfDay, "includeSubdomains": true, "preload": false, "override": true,
			},
			"contentTypeOptions": fields{"override": true},
			"frameOptions":       fields{"frameOption": "DENY", "override": true},
			"referrerPolicy":     fields{"referrerPolicy": "strict-origin-when-cross-origin", "override": true},
			// A service knows better what its own pages need.
			"contentSecurityPolicy": fields{"contentSecurityPolicy": e.site.Headers.ContentSecurityPolicy, "override": false},
		},
	})
}

// distributionValues are what only AWS knows and a distribution needs.
type distributionValues struct {
	certificate, webACL, headers, originAccess, router string
	// logged tells that the bucket of access logs takes ACLs: CloudFront refuses it before.
	logged bool
}

// complete tells whether all values are known that the site needs.
func (v distributionValues) complete(site *schema.SiteSpec) bool {
	application := !site.SPA.Enabled || v.originAccess != "" && v.router != ""
	return v.certificate != "" && v.webACL != "" && v.headers != "" && application && (!site.Logs.Access || v.logged)
}

// distributes makes the CloudFront distribution. None of what AWS has to give has a reference field that would do: the provider has none, or writes
// the value into a list that it would lose again each time. So the distribution waits until all is there, which includes a certificate that was
// issued. One that exists stays as it is while something is missing.
func (e *edge) distributes() {
	provider := func(key, name string) string { return e.observedText(key, "status", "atProvider", name) }
	values := distributionValues{
		certificate: e.validCertificate(), webACL: provider(keyWebACL, "arn"), headers: provider(keyHeaders, "id"),
		originAccess: provider(keyOriginAccess, "id"), router: provider(keyRouter, "arn"),
		logged: e.ready(ownershipKey(keyLogBucket)),
	}
	switch {
	case values.complete(e.site):
		made := e.add(keyDistribution, e.distribution, e.distributionOf(values))
		made.fromObserved(
			"spec.forProvider.viewerCertificate.acmCertificateArn", "spec.forProvider.webAclId",
			"spec.forProvider.defaultCacheBehavior.responseHeadersPolicyId",
		)
		if e.site.SPA.Enabled {
			made.fromObserved("spec.forProvider.origin")
		}
		if made.forProvider()["orderedCacheBehavior"] != nil {
			made.fromObserved("spec.forProvider.orderedCacheBehavior")
		}
	case !e.keep(keyDistribution, e.distribution):
		e.hold(keyDistribution, e.distribution.noun)
		return
	}
	by := e.own(keyDistribution, e.distribution)
	e.usage(e.own(keyWebACL, e.webACL), by, "AWS WAF deletes no web ACL that a distribution has.")
	e.usage(e.own(keyHeaders, e.headersPolicy), by, "CloudFront deletes no policy that a distribution has.")
}

// distributionOf are the settings of the distribution.
func (e *edge) distributionOf(values distributionValues) fields {
	var origins, behaviors []any
	byDefault := e.forwarded(values)
	if e.site.SPA.Enabled {
		origins = append(origins, fields{
			"originId": originSPA, "domainName": bucketName(e.meta, "spa") + ".s3." + e.meta.Region + ".amazonaws.com",
			"originAccessControlId": values.originAccess,
		})
		byDefault = fields{
			"targetOriginId": originSPA, "viewerProtocolPolicy": "redirect-to-https", "compress": true,
			"allowedMethods": list([]string{"GET", "HEAD", "OPTIONS"}), "cachedMethods": list([]string{"GET", "HEAD"}),
			"cachePolicyId": cacheOptimized, "responseHeadersPolicyId": values.headers,
			"functionAssociation": []any{fields{"eventType": "viewer-request", "functionArn": values.router}},
		}
		for _, path := range e.site.APIPaths {
			behavior := e.forwarded(values)
			behavior["pathPattern"] = path
			// A browser that is sent on with its request has sent it in the open before.
			behavior["viewerProtocolPolicy"] = "https-only"
			behaviors = append(behaviors, behavior)
		}
	}
	if e.site.LoadBalancer != nil {
		origins = append(origins, fields{
			"originId": originBalancer, "domainName": schema.OriginHost(e.spec.Domain),
			"customOriginConfig": fields{
				"originProtocolPolicy": "https-only", "httpPort": int64(80), "httpsPort": int64(443), "originSslProtocols": []any{"TLSv1.2"},
				"originReadTimeout": int64(30), "originKeepaliveTimeout": int64(5),
			},
		})
	}
	forProvider := fields{
		"enabled": true, "comment": prefix(e.meta), "aliases": list(e.hosts()), "httpVersion": "http2and3", "isIpv6Enabled": true,
		"priceClass": e.site.PriceClass, "webAclId": values.webACL, "origin": origins, "defaultCacheBehavior": byDefault,
		"restrictions": fields{"geoRestriction": fields{"restrictionType": "none"}},
		"viewerCertificate": fields{
			"acmCertificateArn": values.certificate, "sslSupportMethod": "sni-only", "minimumProtocolVersion": "TLSv1.2_2021",
		},
		// Readiness says that it is in force.
		"waitForDeployment": true,
	}
	if e.site.SPA.Enabled {
		forProvider["defaultRootObject"] = "index.html"
	}
	if len(behaviors) > 0 {
		forProvider["orderedCacheBehavior"] = behaviors
	}
	if e.site.Logs.Access {
		forProvider["loggingConfig"] = fields{
			"bucket": bucketName(e.meta, "access-logs") + ".s3.amazonaws.com", "prefix": "cloudfront/", "includeCookies": false,
		}
	}
	return forProvider
}

// forwarded is a behaviour that passes everything on to the load balancer, with the viewer's own host name, and keeps nothing.
func (e *edge) forwarded(values distributionValues) fields {
	return fields{
		"targetOriginId": originBalancer, "viewerProtocolPolicy": "redirect-to-https", "compress": true,
		"allowedMethods": list([]string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}),
		"cachedMethods":  list([]string{"GET", "HEAD"}), "cachePolicyId": cacheDisabled, "originRequestPolicyId": allViewer,
		"responseHeadersPolicyId": values.headers,
	}
}

// addresses point the names of the site to the distribution, with IPv4 and IPv6.
func (e *edge) addresses() {
	name := e.observedText(keyDistribution, "status", "atProvider", "domainName")
	for _, host := range e.hosts() {
		for _, version := range []struct{ prefix, kind string }{{"address-", "A"}, {"ipv6-", "AAAA"}} {
			key := version.prefix + hostKey(host, e.spec.Domain)
			target := name
			if target == "" {
				// A distribution that lost its status for a moment is still there.
				target = e.observedText(key, "spec", "forProvider", "alias", "name")
			}
			if target == "" {
				e.hold(key, e.record.noun)
				continue
			}
			e.addRecord(key, fields{
				"name": host, "type": version.kind,
				"alias": fields{"name": target, "zoneId": zoneOfCloudFront, "evaluateTargetHealth": false},
			}).fromObserved("spec.forProvider.alias.name")
		}
	}
}
