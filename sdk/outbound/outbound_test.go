package outbound_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/outbound"
)

func TestAllows(t *testing.T) {
	t.Parallel()
	const public, private, local, never = outbound.Public, outbound.Private, outbound.Local, outbound.Reach("never")
	order := []outbound.Reach{public, private, local}
	for text, least := range map[string]outbound.Reach{
		"8.8.8.8": public, "2001:4860:4860::8888": public, "::ffff:8.8.8.8": public, "64:ff9b::808:808": public,
		"10.1.2.3": private, "172.16.0.1": private, "192.168.1.1": private, "100.64.0.1": private, "198.18.0.1": private, "fd12::1": private,
		"::ffff:10.1.2.3": private, "64:ff9b::a01:203": private, "2002:a01:203::1": private, "::10.1.2.3": private,
		"127.0.0.1": local, "127.9.9.9": local, "::1": local, "::ffff:127.0.0.1": local, "64:ff9b::7f00:1": local, "2002:7f00:1::": local,
		"0.0.0.0": never, "0.1.2.3": never, "::": never, "::ffff:0.0.0.0": never,
		"169.254.169.254": never, "::ffff:169.254.169.254": never, "64:ff9b::a9fe:a9fe": never, "2002:a9fe:a9fe::": never, "fe80::1": never, "fe80::1%eth0": never,
		"100.100.100.200": never, "fd00:ec2::254": never, "224.0.0.1": never, "ff02::1": never, "255.255.255.255": never, "240.0.0.1": never, "fec0::1": never,
	} {
		allowed := false
		for _, reach := range order {
			allowed = allowed || reach == least
			if got := reach.Allows(netip.MustParseAddr(text)); got != allowed {
				t.Errorf("%s within %s: %v", text, reach, got)
			}
		}
	}
	if outbound.Reach("").Allows(netip.MustParseAddr("10.0.0.1")) || outbound.Local.Allows(netip.Addr{}) {
		t.Error("what is not said is allowed")
	}
}

// TestDialer looks at what is dialled, whatever it is called.
func TestDialer(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for _, name := range []string{"127.0.0.1", "localhost", "::ffff:127.0.0.1", "0.0.0.0", "169.254.169.254"} {
		_, err := outbound.Dialer(outbound.Private)(ctx, "tcp", net.JoinHostPort(name, port))
		if f, ok := errors.AsType[*fault.Fault](err); !ok || f.Code != "outbound.refused" || f.Class != fault.Config || !f.NotApplied {
			t.Errorf("%s: %v", name, err)
		}
	}
	conn, err := outbound.Dialer(outbound.Local)(ctx, "tcp", net.JoinHostPort("localhost", port))
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}
