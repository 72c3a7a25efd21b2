# Homebrew's formula, which builds from source. @VERSION@ and @SHA256@ are filled in
# at a release: see docs/releasing.md.
class Outrigger < Formula
  desc "Puts an Istio-style mesh sidecar into Kubernetes pods"
  homepage "https://github.com/outrigger-io/outrigger"
  url "https://github.com/outrigger-io/outrigger/archive/refs/tags/v@VERSION@.tar.gz"
  sha256 "@SHA256@"
  license "Apache-2.0"
  head "https://github.com/outrigger-io/outrigger.git", branch: "main"

  depends_on "go" => :build

  def install
    system "go", "build", *std_go_args(ldflags: "-s -w -X main.version=v#{version}"), "./cmd/outrigger"
    bin.install_symlink "outrigger" => "kubectl-outrigger"
    generate_completions_from_executable(bin/"outrigger", "completion")
  end

  test do
    assert_match "outrigger v#{version}", shell_output("#{bin}/outrigger version")
    (testpath/"pod.yaml").write <<~YAML
      apiVersion: v1
      kind: Pod
      metadata:
        name: web
      spec:
        containers:
          - name: web
            image: web:1
    YAML
    assert_match "istio-proxy", shell_output("#{bin}/outrigger inject -f pod.yaml")
  end
end
