package protocol

import goplugin "github.com/hashicorp/go-plugin"

// The joints that tests of this package reach without a process.
var (
	PluginSets = pluginSets
	Run        = run
)

// HangUp ends the connection back to the dialing end of a set that is served.
func HangUp(set goplugin.PluginSet) { set[setName].(*pluginV1).hangUp() }

// Buffer gives how much memory a message of a size is read into, and whether all of the size is there.
func Buffer(size int) (capacity int, whole bool) {
	var pool buffers
	pool.Put(pool.Get(size))
	b := pool.Get(size)
	return cap(*b), len(*b) == size
}
