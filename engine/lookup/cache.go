package lookup

import (
	"container/list"
	"sync"

	"github.com/karezflow/karez/engine/ledger"
)

// cacheKey names what was read of a version: what changes later has another one, so
// that nothing has ever to be taken out but for room.
type cacheKey struct {
	ref     ledger.ID
	version int64
	// field is the number of a stream's field, or a side of a code table.
	field int
	value string
}

// cache keeps what was read last, up to so many bytes. It is safe for concurrent use.
// What it gives is not to be changed.
type cache struct {
	mu         sync.Mutex
	size, most int
	entries    map[cacheKey]*list.Element
	// order has the entries, what was asked for last first.
	order *list.List
}

type cacheEntry struct {
	key  cacheKey
	rows [][]byte
	size int
}

func newCache(most int) *cache {
	return &cache{most: most, entries: map[cacheKey]*list.Element{}, order: list.New()}
}

// get gives what is kept, which may be that there is nothing.
func (c *cache) get(key cacheKey) (rows [][]byte, kept bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, kept := c.entries[key]
	if !kept {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*cacheEntry).rows, true //nolint:forcetypeassert // the list has nothing else
}

// put keeps rows, unless they take more than a hundredth of the room.
func (c *cache) put(key cacheKey, rows [][]byte) {
	const overhead = 200 // of the entry, the map and the list
	entry := &cacheEntry{key, rows, overhead + len(key.value)}
	for _, row := range rows {
		entry.size += overhead/8 + cap(row)
	}
	if entry.size > c.most/100 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, kept := c.entries[key]; kept {
		return
	}
	c.entries[key] = c.order.PushFront(entry)
	for c.size += entry.size; c.size > c.most; {
		oldest := c.order.Back()
		dropped := c.order.Remove(oldest).(*cacheEntry) //nolint:forcetypeassert // the list has nothing else
		delete(c.entries, dropped.key)
		c.size -= dropped.size
	}
}
