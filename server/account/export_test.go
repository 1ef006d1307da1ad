package account

import (
	"strconv"
	"time"
)

// MaxTracked is the most that the throttle remembers.
const MaxTracked = maxTracked

// Flood lets a throttle meet n names, each from a client of its own, one every
// step, and tells how much it remembers and whether it forgot one that had
// failed too often just before.
func Flood(n int, step time.Duration, now time.Time) (remembered int, victimForgotten bool) {
	t := newThrottle()
	for i := range n {
		t.begin("name"+strconv.Itoa(i), "client"+strconv.Itoa(i), now)
		now = now.Add(step)
		if i == n-10 {
			for range rules()[0].free {
				t.begin("victim", "client", now)
			}
		}
	}
	_, wait := t.begin("victim", "client", now)
	return len(t.tries), wait == 0
}

// CountHashing tells what is hashed from now on, and at what cost.
func (s *Service) CountHashing(seen func(password string, cost Cost)) {
	s.hasher.key = func(password string, salt []byte, cost Cost) []byte {
		seen(password, cost)
		return argon2id(password, salt, cost)
	}
}
