package walk

import "github.com/karezflow/karez/engine/ledger"

// parting matches the rows that a document makes at one target with the
// deliveries on record, by their target keys.
type parting struct {
	known []ledger.Delivery
	used  []string
	taken map[int]bool
}

func newParting(deliveries []ledger.Delivery, nodeNo int) *parting {
	p := &parting{taken: map[int]bool{}}
	for _, d := range deliveries {
		if d.NodeNo == nodeNo {
			p.known = append(p.known, d)
		}
	}
	return p
}

// take gives the part of a key: the one it has on record, else the next free one.
func (p *parting) take(key string) (int, *ledger.Delivery) {
	p.used = append(p.used, key)
	free := 0
	for i := range p.known {
		if p.known[i].Key == key {
			p.taken[p.known[i].Part] = true
			return p.known[i].Part, &p.known[i]
		}
		free = max(free, p.known[i].Part+1)
	}
	for p.taken[free] {
		free++
	}
	p.taken[free] = true
	return free, nil
}

// lost gives the key of a delivery whose outcome is uncertain and that no row
// claimed, "" when there is none: the flow makes another key now, as it may when a
// person lets another version walk.
func (p *parting) lost() string {
	for _, d := range p.known {
		if d.State.Uncertain() && !p.taken[d.Part] {
			return d.Key
		}
	}
	return ""
}
