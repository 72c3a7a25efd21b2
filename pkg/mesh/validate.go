package mesh

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	meshconfig "istio.io/api/mesh/v1alpha1"
	networking "istio.io/api/networking/v1alpha3"
)

// checkMesh refuses what a control plane refuses of a MeshConfig, its ProxyConfig
// aside.
func checkMesh(m *meshconfig.MeshConfig) error {
	return errors.Join(
		named("proxyListenPort", checkPort(m.ProxyListenPort)),
		named("connectTimeout", checkDuration(m.ConnectTimeout)),
	)
}

// checkProxy refuses what a control plane refuses of a ProxyConfig, and what the
// proxy could not start with.
func checkProxy(p *meshconfig.ProxyConfig, of *Defaults) error {
	var errs []error
	check := func(name string, err error) { errs = append(errs, named(name, err)) }
	check("configPath", checkText(p.ConfigPath))
	check("binaryPath", checkText(p.BinaryPath))
	if c, ok := p.ClusterName.(*meshconfig.ProxyConfig_ServiceCluster); ok {
		check("serviceCluster", checkText(c.ServiceCluster))
	}
	check("drainDuration", checkDrain(p.DrainDuration))
	if p.TerminationDrainDuration.AsDuration() < 0 {
		check("terminationDrainDuration", fmt.Errorf("%s is negative", p.TerminationDrainDuration.AsDuration()))
	}
	check("discoveryAddress", checkAddress(p.DiscoveryAddress))
	check("proxyAdminPort", checkPort(p.ProxyAdminPort))
	if p.StatusPort != of.proxy.StatusPort {
		check("statusPort", checkPort(p.StatusPort))
	}
	if n := p.Concurrency.GetValue(); n < 0 {
		check("concurrency", fmt.Errorf("%d is negative", n))
	}
	if policy := p.ControlPlaneAuthPolicy; policy != meshconfig.AuthenticationPolicy_NONE && policy != meshconfig.AuthenticationPolicy_MUTUAL_TLS {
		check("controlPlaneAuthPolicy", fmt.Errorf("%s is neither NONE nor MUTUAL_TLS", policy))
	}
	for name, address := range map[string]string{
		"statsdUdpAddress": p.StatsdUdpAddress,
		//lint:ignore SA1019 earlier releases read it
		"envoyMetricsServiceAddress": p.EnvoyMetricsServiceAddress,
		"envoyMetricsService":        p.EnvoyMetricsService.GetAddress(),
		"envoyAccessLogService":      p.EnvoyAccessLogService.GetAddress(),
	} {
		if address != "" {
			check(name, checkAddress(address))
		}
	}
	check("tracing", checkTracing(p.Tracing))
	check("privateKeyProvider", checkPrivateKeyProvider(p.PrivateKeyProvider))
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	slices.SortStableFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

func named(field string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", field, err)
}

func checkText(text string) error {
	if text == "" {
		return errors.New("must not be empty")
	}
	return nil
}

func checkPort(port int32) error {
	if port < 1 || port > 65535 {
		return fmt.Errorf("%d is no port, a number from 1 to 65535", port)
	}
	return nil
}

// checkDuration takes whole milliseconds from one on.
func checkDuration(d *durationpb.Duration) error {
	if d.AsDuration() < time.Millisecond || d.AsDuration()%time.Millisecond != 0 {
		return fmt.Errorf("%s is wrong: whole milliseconds are wanted, one at least", d.AsDuration())
	}
	return nil
}

// checkDrain takes whole seconds from one on.
func checkDrain(d *durationpb.Duration) error {
	if d.AsDuration() < time.Second || d.AsDuration()%time.Second != 0 {
		return fmt.Errorf("%s is wrong: whole seconds are wanted, one at least", d.AsDuration())
	}
	return nil
}

var label = regexp.MustCompile(`^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$`)

// checkAddress takes HOST:PORT, the host a name or an IP address.
func checkAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%q is not host:port", address)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("%q is not host:port: the port is a number from 1 to 65535", address)
	}
	if !isHost(host) {
		return fmt.Errorf("%q is not host:port: %q is neither a name nor an IP address", address, host)
	}
	return nil
}

func isHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	if _, err := strconv.Atoi(labels[len(labels)-1]); err == nil || len(host) > 255 {
		return false
	}
	return !slices.ContainsFunc(labels, func(l string) bool { return len(l) > 63 || !label.MatchString(l) })
}

func checkTracing(t *meshconfig.Tracing) error {
	// The kubelet puts the node's address there.
	onNode := func(address string) error {
		return named("address", checkAddress(strings.Replace(address, "$(HOST_IP)", "127.0.0.1", 1)))
	}
	var errs []error
	switch tracer := t.GetTracer().(type) {
	case *meshconfig.Tracing_Zipkin_:
		errs = append(errs, named("zipkin", onNode(tracer.Zipkin.GetAddress())))
	case *meshconfig.Tracing_Datadog_:
		errs = append(errs, named("datadog", onNode(tracer.Datadog.GetAddress())))
	case *meshconfig.Tracing_Lightstep_:
		errs = append(errs, named("lightstep", errors.Join(
			named("address", checkAddress(tracer.Lightstep.GetAddress())),
			named("accessToken", checkText(tracer.Lightstep.GetAccessToken())))))
	}
	if tls := t.GetTlsSettings(); tls.GetMode() == networking.ClientTLSSettings_MUTUAL {
		errs = append(errs, named("tlsSettings", errors.Join(
			named("clientCertificate", checkText(tls.GetClientCertificate())),
			named("privateKey", checkText(tls.GetPrivateKey())))))
	}
	for _, name := range slices.Sorted(maps.Keys(t.GetCustomTags())) {
		errs = append(errs, named("customTags."+name, checkCustomTag(t.GetCustomTags()[name])))
	}
	return errors.Join(errs...)
}

func checkCustomTag(t *meshconfig.Tracing_CustomTag) error {
	switch tag := t.GetType().(type) {
	case *meshconfig.Tracing_CustomTag_Literal:
		return named("literal", checkText(tag.Literal.GetValue()))
	case *meshconfig.Tracing_CustomTag_Environment:
		return named("environment", checkText(tag.Environment.GetName()))
	case *meshconfig.Tracing_CustomTag_Header:
		return named("header", checkText(tag.Header.GetName()))
	default:
		return errors.New("a literal, environment or header is wanted")
	}
}

func checkPrivateKeyProvider(p *meshconfig.PrivateKeyProvider) error {
	pollDelay := func(d *durationpb.Duration) error {
		if d.AsDuration() == 0 {
			return errors.New("pollDelay must be given, and not be 0")
		}
		return nil
	}
	switch provider := p.GetProvider().(type) {
	case *meshconfig.PrivateKeyProvider_Cryptomb:
		return named("cryptomb", pollDelay(provider.Cryptomb.GetPollDelay()))
	case *meshconfig.PrivateKeyProvider_Qat:
		return named("qat", pollDelay(provider.Qat.GetPollDelay()))
	default:
		if p == nil {
			return nil
		}
		return errors.New("cryptomb or qat is wanted")
	}
}
