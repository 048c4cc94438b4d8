/** The nginx site in front of an app. */

/** Gives deploy/nginx.conf. */
export function nginxFile(appName: string): Readonly<Record<string, string>> {
  const upstream = appName.replaceAll("-", "_");
  return {
    "deploy/nginx.conf": `# Copy it to /etc/nginx/conf.d/${appName}.conf, test with "nginx -t", and load with "nginx -s reload".
# Start the app with "--host 127.0.0.1 --xheaders".

upstream ${upstream} {
    server 127.0.0.1:8888;
    # Connections that stay open, so that a request need not wait for a new one.
    keepalive 32;
}

server {
    listen 80;
    listen [::]:80;
    # Your domain, in place of every name.
    server_name _;

    # Not more than the app takes itself, which is 100 MB. nginx alone takes 1 MB.
    client_max_body_size 100m;

    # nginx serves files faster than any app. staticUrl() puts the version of a file into its query, so that such a URL may be
    # kept for ever; without a version it may not.
    location /static/ {
        root /srv/${appName}/dist;
        if ($query_string) {
            expires max;
        }
    }

    location / {
        proxy_pass http://${upstream};
        # What keepalive needs: HTTP/1.0, which is nginx's default, and "Connection: close" would end it.
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        # The app makes URLs and compares origins by these. They replace what the client claims, so --xheaders may believe them.
        proxy_set_header Host $http_host;
        proxy_set_header X-Real-Ip $remote_addr;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Scheme $scheme;
    }
}
`,
  };
}
