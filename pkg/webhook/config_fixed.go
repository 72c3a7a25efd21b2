package webhook

import (
	"context"

	"github.com/outrigger-io/outrigger/pkg/configuration"
)

// Fixed is a configuration that never changes, such as an embedded profile.
type Fixed struct{ *configuration.Texts }

// Feed delivers the configuration. One that does not compile ends the server:
// no later version will mend it.
func (f Fixed) Feed(_ context.Context, current *Current) error {
	return current.Apply(f.Texts)
}
