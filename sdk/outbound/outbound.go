// Package outbound decides which addresses a connector may dial. It looks at the address
// that is dialled, after names were resolved, so that neither a name nor a redirect nor an
// address in another notation leads past it.
//
// It may import the standard library and sdk/fault only. No other package of a connector
// dials by itself.
package outbound

import (
	"context"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"github.com/karezflow/karez/sdk/fault"
)

// Reach says how far into a network a connection may go. Whatever it says, addresses that
// belong to no system are refused: those of a link, which are where machines in a cloud are
// told their secrets, of groups, and none at all.
type Reach string

// The reaches, each with what the one before it allows.
const (
	// Public is the Internet.
	Public Reach = "public"
	// Private adds networks of one's own, where many systems stand.
	Private Reach = "private"
	// Local adds this machine.
	Local Reach = "local"
)

// dialTime is how long a connection may take to come about.
const dialTime = 10 * time.Second

// Dialer gives a function that dials within a reach, through the engine's gate where the
// process has one (see GateKey). A refused address is the fault "outbound.refused" of class
// Config, marked Unapplied: it was not dialled; one of a system that the connector does not
// declare is "outbound.undeclared".
func Dialer(reach Reach) func(ctx context.Context, network, address string) (net.Conn, error) {
	if gate := os.Getenv(GateKey); gate != "" {
		return throughGate(gate, reach)
	}
	return Direct(reach)
}

// Direct is Dialer for a process that dials by itself.
func Direct(reach Reach) func(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: dialTime, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !reach.Allows(at.Addr()) {
			return refused(address)
		}
		return nil
	}}
	return dialer.DialContext
}

func refused(address string) error {
	return fault.New("outbound.refused", "the address %s is not one that this connection may reach", address).Classed(fault.Config).Unapplied().
		Hinted("the connection's settings say whether systems in a private network or on this machine may be reached; some addresses never are")
}

// special are ranges that are in nobody's public use and that netip does not name.
func special() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),          // this network
		netip.MustParsePrefix("100.100.100.200/32"), // where machines of a Chinese cloud are told their secrets
		netip.MustParsePrefix("192.0.0.0/24"),       // protocol assignments
		netip.MustParsePrefix("240.0.0.0/4"),        // reserved, and the broadcast
		netip.MustParsePrefix("fd00:ec2::254/128"),  // where machines of another cloud are told theirs
		netip.MustParsePrefix("fec0::/10"),          // site-local, which was given up
	}
}

// inner are private ranges beside those that netip names.
func inner() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("100.64.0.0/10"), // shared by the customers of a provider
		netip.MustParsePrefix("198.18.0.0/15"), // measurements
	}
}

// Allows reports whether an address lies within the reach. An address of IPv4 that is
// carried in one of IPv6 counts as what it carries.
func (r Reach) Allows(address netip.Addr) bool {
	address = carried(address.WithZone(""))
	switch {
	case !address.IsValid(), address.IsUnspecified(), address.IsMulticast(), address.IsLinkLocalUnicast(), within(address, special()):
		return false
	case address.IsLoopback():
		return r == Local
	case address.IsPrivate(), within(address, inner()):
		return r == Local || r == Private
	default:
		return true
	}
}

func within(address netip.Addr, ranges []netip.Prefix) bool {
	for _, p := range ranges {
		if p.Contains(address) {
			return true
		}
	}
	return false
}

// carried gives the IPv4 address inside one of IPv6: mapped, compatible, translated
// (64:ff9b::/96 and 64:ff9b:1::/48), or of a 6to4 network.
func carried(address netip.Addr) netip.Addr {
	address = address.Unmap()
	if !address.Is6() {
		return address
	}
	raw := address.As16()
	v4 := func(at int) netip.Addr { return netip.AddrFrom4([4]byte(raw[at : at+4])) }
	switch {
	case netip.MustParsePrefix("64:ff9b::/96").Contains(address), netip.MustParsePrefix("64:ff9b:1::/48").Contains(address):
		return v4(12)
	case netip.MustParsePrefix("2002::/16").Contains(address):
		return v4(2)
	case netip.MustParsePrefix("::/96").Contains(address) && !address.IsLoopback() && !address.IsUnspecified():
		return v4(12)
	default:
		return address
	}
}
