package pluginhost

import "github.com/karezflow/karez/engine/pluginhost/internal/nohost"

// Codes of failures that no connector caused by an answer. Those of a call that met
// a dying process are in sdk/protocol/peer, those of a start in sdk/protocol.
const (
	// CodeMissing means that no such connector, or no such version, is installed.
	CodeMissing = "plugin.missing"
	// CodeNotExecutable means that the file may not be executed.
	CodeNotExecutable = "plugin.not_executable"
	// CodeUnreadable means that the file could not be copied.
	CodeUnreadable = "plugin.unreadable"
	// CodeNotIsolated means that a connector was not started since it could not be confined
	// as this engine requires.
	CodeNotIsolated = "plugin.not_isolated"
	// CodeMemory and CodeThreads mean that a process took more than it may and was killed.
	CodeMemory  = "connector.memory"
	CodeThreads = "connector.threads"
	// CodeChecksum means that the file is not the one that was pinned.
	CodeChecksum = "plugin.checksum"
	// CodeIdentity means that the manifest names another connector or version than the file.
	CodeIdentity = "plugin.identity"
	// CodeManifest means that the program gives another manifest than its package.
	CodeManifest = "plugin.manifest_differs"
	// CodeDuplicate means that another file holds the same connector and version.
	CodeDuplicate = "plugin.duplicate"
	// CodeSandbox means that a connector's sandbox did not start.
	CodeSandbox = "plugin.sandbox_failed"
	// CodePaused means that a connector crashed and is not started again yet;
	// RetryAfter says when it will be.
	CodePaused = "connector.paused"
	// CodeClosed means that the engine is stopping or the session was closed.
	CodeClosed = "connector.closed"
	// CodeNoState means that a session asked for state in an engine that keeps none.
	CodeNoState = nohost.Code
)
