// Package redisclient is what the queue and the far cache have in common as
// clients of a Redis: connections whose user needs few rights, and what to do
// where Redis refuses its user.
package redisclient

import (
	"crypto/tls"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"multivac/internal/certs"
)

// New returns a client of the Redis at o.Addr, with the users, times and retries
// of o. host is the name that its certificate must have. The connection is not
// encrypted if config is nil.
func New(o *redis.Options, config *tls.Config, host string) *redis.Client {
	logging.Disable() // of all clients: errors are returned, and the callers log them
	o.TLSConfig = certs.For(config, host)
	o.Protocol = 2
	o.ContextTimeoutEnabled = true
	o.DialerRetries = 1
	// Neither is needed, and each needs rights that not every user has.
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return redis.NewClient(o)
}

// Remedy says what to do where Redis refuses its user. name is the section of
// the user's settings, "queue" or "cache". Remedy returns "" for any other error.
// It goes by the text of the error, because asynq passes on no more.
func Remedy(err error, name string) string {
	switch says := err.Error() + " "; {
	case strings.Contains(says, "WRONGPASS "), strings.Contains(says, "NOAUTH "):
		return "see whether " + name + ".username and " + name + ".password are what it knows"
	case strings.Contains(says, "NOPERM "):
		return "give the user of the " + name + " the rights that the how-to about Redis lists"
	}
	return ""
}

// A Hook changes nothing. A redis.Hook that embeds it has only the methods that
// change something.
type Hook struct{}

// DialHook implements redis.Hook.
func (Hook) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements redis.Hook.
func (Hook) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

// ProcessPipelineHook implements redis.Hook.
func (Hook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
