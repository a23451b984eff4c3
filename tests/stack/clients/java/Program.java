// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import co.elastic.clients.elasticsearch.ElasticsearchClient;
import co.elastic.clients.transport.rest5_client.low_level.Request;
import co.elastic.clients.transport.rest5_client.low_level.Rest5Client;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.hc.core5.http.io.entity.EntityUtils;

/** An application in Java: Program FOLDER whoami, or Program FOLDER loop STOP_FILE. See ../README.md. */
final class Program {
    public static void main(String[] arguments) throws Exception {
        Path settings = Path.of(arguments[0], "connection.json");
        try {
            System.out.println(arguments[1].equals("loop") ? loop(settings, Path.of(arguments[2])) : whoami(settings));
        } catch (Exception error) {
            System.err.println(error);
            System.exit(1);
        }
    }

    private static String whoami(Path settings) throws Exception {
        try (Rest5Client client = ElasticsearchConnection.restClient(settings)) {
            return EntityUtils.toString(client.performRequest(new Request("GET", "/_security/_authenticate")).getEntity());
        }
    }

    /** Asks again and again, until a file appears or five minutes are over; takes a new secret over when there is one. */
    private static String loop(Path settings, Path stop) throws Exception {
        int requests = 0;
        int failed = 0;
        String last = "";
        Set<String> keys = new LinkedHashSet<>();
        Path file = settings.resolveSibling("api_key");
        FileTime written = Files.getLastModifiedTime(file);
        ElasticsearchClient client = ElasticsearchConnection.connect(settings);
        long end = System.nanoTime() + 300_000_000_000L;
        try {
            while (System.nanoTime() < end && !Files.exists(stop)) {
                if (!Files.getLastModifiedTime(file).equals(written)) {
                    written = Files.getLastModifiedTime(file);
                    client.close();
                    client = ElasticsearchConnection.connect(settings);
                }
                requests += 1;
                try {
                    String key = client.security().authenticate().apiKey().id();
                    if (keys.add('"' + key + '"')) {
                        System.err.println(key);
                    }
                } catch (Exception error) {
                    failed += 1;
                    last = error.toString().replaceAll("[\"\\\\\\p{Cntrl}]", " ");
                }
                Thread.sleep(50);
            }
        } finally {
            client.close();
        }
        String form = "{\"requests\": %d, \"failed\": %d, \"error\": \"%s\", \"keys\": [%s]}";
        return String.format(form, requests, failed, last, String.join(", ", keys));
    }
}
