// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** Says of each chain, a file whose last certificate is the root, whether Java accepts a client that shows it. */
class ChainValidation {
    public static void main(String[] paths) throws GeneralSecurityException, IOException {
        for (String path : paths) {
            System.out.println(verdict(path));
        }
    }

    private static String verdict(String path) throws GeneralSecurityException, IOException {
        X509Certificate[] chain;
        try (InputStream stream = new FileInputStream(path)) {
            chain = CertificateFactory.getInstance("X.509").generateCertificates(stream).toArray(new X509Certificate[0]);
        }
        try {
            trusting(chain[chain.length - 1]).checkClientTrusted(chain, "EC");
            return "accepted";
        } catch (CertificateException refusal) {
            Throwable cause = refusal;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            return cause.getMessage();
        }
    }

    private static X509TrustManager trusting(X509Certificate root) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("root", root);
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        return (X509TrustManager) factory.getTrustManagers()[0];
    }
}
