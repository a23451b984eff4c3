// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.Key;
import java.security.KeyStore;
import java.util.Base64;
import java.util.Collections;
import java.util.Scanner;

/**
 * What Java finds in PKCS#12 files, all of them in one start. A line of input is a password ("-" for none) and a file,
 * both in Base64; a line of output is one entry for each alias, or the error.
 */
public class ReadStores {
    public static void main(String[] arguments) {
        Scanner lines = new Scanner(System.in, StandardCharsets.UTF_8);
        while (lines.hasNextLine()) {
            String[] fields = lines.nextLine().split(" ");
            char[] password = fields[0].equals("-") ? null
                : new String(Base64.getDecoder().decode(fields[0].substring(1)), StandardCharsets.UTF_8).toCharArray();
            System.out.println(describe(Base64.getDecoder().decode(fields[1]), password));
        }
    }

    private static String describe(byte[] content, char[] password) {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(new ByteArrayInputStream(content), password);
            StringBuilder entries = new StringBuilder();
            for (String alias : Collections.list(store.aliases())) {
                entries.append(store.isKeyEntry(alias) ? keyEntry(store, alias, password) : "trustedCertEntry;");
            }
            return entries.toString();
        } catch (Exception error) {
            return error.toString().replace('\n', ' ');
        }
    }

    private static String keyEntry(KeyStore store, String alias, char[] password) throws Exception {
        Key key = store.getKey(alias, password == null ? new char[0] : password);
        return "PrivateKeyEntry " + key.getAlgorithm() + " " + store.getCertificateChain(alias).length + ";";
    }
}
