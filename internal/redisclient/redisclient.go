// Package redisclient has what all users of Redis share: clients whose user
// needs few rights, and remedies for what Redis refuses.
package redisclient

import (
	"crypto/tls"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"multivac/internal/certs"
)

// New returns a client of the Redis at host. o has its address, credentials,
// times and retries. If config is nil, the connection is plain.
func New(o *redis.Options, config *tls.Config, host string) *redis.Client {
	logging.Disable() // of all clients: errors are returned, and reported in MultiVAC's words
	o.TLSConfig = certs.For(config, host)
	o.Protocol = 2
	o.ContextTimeoutEnabled = true
	o.DialerRetries = 1
	// Neither is needed, and each needs rights that some users lack.
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return redis.NewClient(o)
}

// Remedy returns what to do if Redis refuses its user, and "" for any other
// error. The settings of the user begin with name: "queue" or "cache". It
// examines the text of the error, because asynq passes on nothing else.
func Remedy(err error, name string) string {
	switch says := err.Error() + " "; {
	case strings.Contains(says, "WRONGPASS "), strings.Contains(says, "NOAUTH "):
		return "see whether " + name + ".username and " + name + ".password are what it knows"
	case strings.Contains(says, "NOPERM "):
		return "give the user of the " + name + " the rights that the how-to about Redis lists"
	}
	return ""
}

// A Hook changes nothing. A redis.Hook that embeds it defines only what it
// changes.
type Hook struct{}

// DialHook implements redis.Hook.
func (Hook) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements redis.Hook.
func (Hook) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

// ProcessPipelineHook implements redis.Hook.
func (Hook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
