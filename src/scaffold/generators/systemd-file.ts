/** The unit by which systemd keeps an app running. */

/** Gives deploy/<app>.service. */
export function systemdFile(appName: string): Readonly<Record<string, string>> {
  return {
    [`deploy/${appName}.service`]: `# The build is in /srv/${appName}/dist, the secrets are in /etc/${appName}.env, which only root may read, and the user is made by
# "useradd --system ${appName}". Then:
#
#   cp deploy/${appName}.service /etc/systemd/system/
#   systemctl daemon-reload
#   systemctl enable --now ${appName}

[Unit]
Description=${appName}
After=network.target

[Service]
User=${appName}
WorkingDirectory=/srv/${appName}
EnvironmentFile=/etc/${appName}.env
Environment=NODE_ENV=production
# One worker for each CPU. 127.0.0.1 and --xheaders belong together: only the proxy on this machine can reach the port, and so
# its word about the client's address can be believed. Without a proxy, leave out --xheaders and listen on 0.0.0.0.
ExecStart=/usr/bin/node dist/server.js --fork 0 --host 127.0.0.1 --xheaders
# Replaces the workers one after the other by those of a new build, without refusing a request: "systemctl reload ${appName}".
ExecReload=/bin/kill -HUP $MAINPID
# SIGTERM to the supervisor only, which tells its workers; what is left after the time below is killed.
KillMode=mixed
# More than the 30 seconds of --graceful-timeout, in which requests that have begun are answered.
TimeoutStopSec=40
Restart=on-failure
RestartSec=1
# Each connection is a file, and behind a proxy each request may be two.
LimitNOFILE=65536

# An app serves, and writes nothing. Add ReadWritePaths= for a folder that it does write to.
ProtectSystem=strict
ProtectHome=true
PrivateTmp=true
NoNewPrivileges=true

[Install]
WantedBy=multi-user.target
`,
  };
}
