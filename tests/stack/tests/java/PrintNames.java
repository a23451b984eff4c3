// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import java.nio.charset.StandardCharsets;
import java.io.PrintStream;
import java.util.Base64;
import java.util.Scanner;
import javax.security.auth.x500.X500Principal;

/**
 * What X500Principal.toString() makes of names, all of them in one start. A line of input is an encoded name in Base64;
 * a line of output is the text in Base64, or a hyphen where Java refuses the name.
 */
public class PrintNames {
    public static void main(String[] arguments) {
        Scanner lines = new Scanner(System.in, StandardCharsets.UTF_8);
        PrintStream output = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        while (lines.hasNextLine()) {
            output.println(print(Base64.getDecoder().decode(lines.nextLine())));
        }
        output.flush();
    }

    private static String print(byte[] encoded) {
        try {
            String text = new X500Principal(encoded).toString();
            return "=" + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
        } catch (IllegalArgumentException error) {
            return "-";
        }
    }
}
