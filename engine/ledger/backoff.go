package ledger

import "time"

// Backoff gives how long to wait after so many tries in a row, counted from 1: first,
// doubled with each try up to most, and by the seed up to a quarter longer, so that
// what failed together does not come back together. It always gives the same for the same.
func Backoff(first, most time.Duration, tries int, seed ID) time.Duration {
	wait := min(first, most)
	for range tries - 1 {
		if wait *= 2; wait >= most {
			wait = most
			break
		}
	}
	return Spread(wait, tries, seed)
}

// Spread prolongs a wait by up to a quarter; seed and tries decide by how much.
func Spread(wait time.Duration, tries int, seed ID) time.Duration {
	// The finalizer of splitmix64: neighbouring seeds come out far apart.
	x := uint64(seed) + uint64(tries)*0x9e3779b97f4a7c15 //nolint:gosec // bits to be mixed
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	x ^= x >> 31
	return wait + time.Duration(x%uint64(wait/4+1)) //nolint:gosec // less than a quarter of wait
}
