package protocol

import goplugin "github.com/hashicorp/go-plugin"

// The joints that tests of this package reach without a process.
var (
	PluginSets = pluginSets
	Run        = run
)

// HangUp ends the connection back to the dialing end of a set that is served.
func HangUp(set goplugin.PluginSet) { set[setName].(*pluginV1).hangUp() }
