package cluster

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/bus"
)

// oldest is the first version of NATS whose consumers do all that is asked of them.
const oldestMajor, oldestMinor = 2, 10

// Diagnose reaches the NATS server of a configuration, and tells what it found there; ""
// where the server is inside the process.
func Diagnose(ctx context.Context, c bus.NatsConfig) (string, error) {
	if c.URL == "" {
		return "", nil
	}
	c.Patient = false
	b, err := bus.OpenNats(ctx, c)
	if err != nil {
		return "", fault.Wrap(err, "bus.unusable", "the NATS server can't be used").Classed(fault.Config).
			Hinted("check --nats, its user and certificates, and that the server runs with JetStream")
	}
	standing, err := b.Check(ctx)
	if err = errors.Join(err, b.Close()); err != nil {
		return "", fault.Wrap(err, "bus.away", "the NATS server does not answer; work goes on, only less evenly").Classed(fault.Transient)
	}
	if old(standing.Version) {
		return "", fault.New("bus.old", "NATS %s is older than %d.%d", standing.Version, oldestMajor, oldestMinor).Classed(fault.Config).
			Hinted("install a newer nats-server")
	}
	where := "alone"
	if standing.Cluster != "" {
		where = "in the cluster " + standing.Cluster
	}
	return fmt.Sprintf("NATS %s, %s, hints on %d of its servers", standing.Version, where, standing.Replicas), nil
}

func old(version string) bool {
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	a, err := strconv.Atoi(major)
	b, second := strconv.Atoi(minor)
	return err != nil || second != nil || a < oldestMajor || a == oldestMajor && b < oldestMinor
}
