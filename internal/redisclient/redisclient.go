// Package redisclient is what all who talk to a Redis have in common: clients
// whose user needs few rights, and what to do about what Redis refuses.
package redisclient

import (
	"crypto/tls"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"multivac/internal/certs"
)

// New returns the client of one Redis, which is called host, with what o says
// of where it is, of users, times and retries. It is plain if config is nil.
func New(o *redis.Options, config *tls.Config, host string) *redis.Client {
	logging.Disable() // of all clients; what goes wrong is returned, and said in our own words
	o.TLSConfig = certs.For(config, host)
	o.Protocol = 2
	o.ContextTimeoutEnabled = true
	o.DialerRetries = 1
	// Neither is needed, and each asks for rights that not every user has.
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return redis.NewClient(o)
}

// Remedy says what to do where Redis refuses its user, whose settings begin
// with a name, "queue" or "cache". It returns "" for any other error. What an
// error says counts, not what it is: asynq passes on no more.
func Remedy(err error, name string) string {
	switch says := err.Error() + " "; {
	case strings.Contains(says, "WRONGPASS "), strings.Contains(says, "NOAUTH "):
		return "see whether " + name + ".username and " + name + ".password are what it knows"
	case strings.Contains(says, "NOPERM "):
		return "give the user of the " + name + " the rights that the how-to about Redis lists"
	}
	return ""
}

// A Hook changes nothing; a redis.Hook that has it says only what it changes.
type Hook struct{}

// DialHook implements redis.Hook.
func (Hook) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements redis.Hook.
func (Hook) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

// ProcessPipelineHook implements redis.Hook.
func (Hook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
