// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import co.elastic.clients.elasticsearch.ElasticsearchClient;
import co.elastic.clients.json.jackson.JacksonJsonpMapper;
import co.elastic.clients.transport.rest5_client.Rest5ClientTransport;
import co.elastic.clients.transport.rest5_client.low_level.Rest5Client;
import co.elastic.clients.transport.rest5_client.low_level.Rest5ClientBuilder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.apache.hc.client5.http.impl.DefaultHttpRequestRetryStrategy;
import org.apache.hc.client5.http.ssl.ClientTlsStrategyBuilder;
import org.apache.hc.client5.http.ssl.DefaultHostnameVerifier;
import org.apache.hc.client5.http.ssl.HostnameVerificationPolicy;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.message.BasicHeader;
import org.apache.hc.core5.http.nio.ssl.TlsStrategy;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * The official client for Java, as connection.json says. Add this file to the application's sources; what it reads stays
 * on the host: addresses, authorities, time-outs, and the secret in a file of its own.
 *
 * <p>A request goes to each node once until one answers; 502, 503, 504 and broken connections count as no answer, and 429
 * is asked again at the same node. The names and chains of certificates are always verified.
 */
public final class ElasticsearchConnection {

    private ElasticsearchConnection() {}

    /** A client for the settings in that file. */
    public static ElasticsearchClient connect(Path settings) throws IOException, GeneralSecurityException {
        return new ElasticsearchClient(new Rest5ClientTransport(restClient(settings), new JacksonJsonpMapper()));
    }

    /** The client below it, for whoever needs other options. */
    public static Rest5Client restClient(Path settings) throws IOException, GeneralSecurityException {
        JsonNode connection = new ObjectMapper().readTree(settings.toFile());
        List<URI> hosts = new ArrayList<>();
        connection.get("hosts").forEach(host -> hosts.add(URI.create(host.asText())));
        int poolSize = connection.get("pool_size").asInt();
        TlsStrategy tls = verifyingNames(sslContext(connection));
        Rest5ClientBuilder builder = Rest5Client.builder(hosts.toArray(new URI[0]))
            .setConnectionConfigCallback(
                config -> config.setConnectTimeout(Timeout.ofSeconds(connection.get("connect_timeout").asInt())))
            .setRequestConfigCallback(
                config -> config.setResponseTimeout(Timeout.ofSeconds(connection.get("request_timeout").asInt())))
            .setConnectionManagerCallback(
                manager -> manager.setTlsStrategy(tls).setMaxConnPerRoute(poolSize).setMaxConnTotal(poolSize * hosts.size()))
            .setHttpClientConfigCallback(
                client -> client.setRetryStrategy(new WhenTooManyRequests(connection.get("max_retries").asInt())));
        String scheme = connection.get("authorization_scheme").asText();
        if (!scheme.isEmpty()) {
            String secret = Files.readString(Path.of(connection.get("secret_path").asText())).trim();
            builder.setDefaultHeaders(new Header[] {new BasicHeader("Authorization", scheme + " " + secret)});
        }
        return builder.build();
    }

    /** Asks the same node again when it says that it is busy; going to other nodes is the work of the client above. */
    private static final class WhenTooManyRequests extends DefaultHttpRequestRetryStrategy {
        WhenTooManyRequests(int maxRetries) {
            super(maxRetries, TimeValue.ofSeconds(1), List.of(IOException.class), List.of(429));
        }
    }

    /** The client's own choice leaves names to the TLS engine, and some versions of its library forget to tell that. */
    private static TlsStrategy verifyingNames(SSLContext context) {
        return ClientTlsStrategyBuilder.create()
            .setSslContext(context)
            .setHostVerificationPolicy(HostnameVerificationPolicy.BOTH)
            .setHostnameVerifier(new DefaultHostnameVerifier())
            .buildAsync();
    }

    private static SSLContext sslContext(JsonNode connection) throws IOException, GeneralSecurityException {
        KeyStore trusted = emptyStore();
        for (Certificate authority : certificates(connection.get("ca_path"))) {
            trusted.setCertificateEntry("authority-" + trusted.size(), authority);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keyManagers(connection), trust.getTrustManagers(), null);
        return context;
    }

    private static KeyManager[] keyManagers(JsonNode connection) throws IOException, GeneralSecurityException {
        char[] password = new char[0];
        KeyStore identity = emptyStore();
        if (!connection.get("client_pkcs12_path").asText().isEmpty()) {
            password = Files.readString(Path.of(connection.get("client_pkcs12_password_path").asText())).trim().toCharArray();
            try (InputStream file = Files.newInputStream(Path.of(connection.get("client_pkcs12_path").asText()))) {
                identity.load(file, password);
            }
        } else if (!connection.get("client_certificate_path").asText().isEmpty()) {
            Certificate[] chain = certificates(connection.get("client_certificate_path")).toArray(new Certificate[0]);
            identity.setKeyEntry("client", privateKey(connection.get("client_key_path")), password, chain);
        } else {
            return null;
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(identity, password);
        return keys.getKeyManagers();
    }

    private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static List<Certificate> certificates(JsonNode path) throws IOException, GeneralSecurityException {
        try (InputStream file = Files.newInputStream(Path.of(path.asText()))) {
            return List.copyOf(CertificateFactory.getInstance("X.509").generateCertificates(file));
        }
    }

    private static PrivateKey privateKey(JsonNode path) throws IOException, GeneralSecurityException {
        String text = Files.readString(Path.of(path.asText())).replaceAll("-----[A-Z ]+-----", "");
        PKCS8EncodedKeySpec key = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(text));
        try {
            return KeyFactory.getInstance("EC").generatePrivate(key);
        } catch (InvalidKeySpecException noCurve) {
            return KeyFactory.getInstance("RSA").generatePrivate(key);
        }
    }
}
