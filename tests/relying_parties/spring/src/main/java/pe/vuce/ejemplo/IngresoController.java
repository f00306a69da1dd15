package pe.vuce.ejemplo;

import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.net.URISyntaxException;
import org.springframework.http.HttpStatus;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.web.savedrequest.SimpleSavedRequest;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;

/** El `initiate_login_uri`: por aquí empieza un ingreso que pide el proveedor (Core, sección 4). */
@Controller
public class IngresoController {

    private final ClientRegistrationRepository proveedores;

    IngresoController(ClientRegistrationRepository proveedores) {
        this.proveedores = proveedores;
    }

    @GetMapping("/ingresar")
    String ingresar(
            @RequestParam("iss") String iss,
            @RequestParam(name = "target_link_uri", required = false) String destino,
            HttpServletRequest solicitud) {
        var proveedor = proveedores.findByRegistrationId("vuce");
        if (!iss.equals(proveedor.getProviderDetails().getIssuerUri())) {
            throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "otro proveedor");
        }
        // Solo a una página de este mismo sitio; si no, a la de inicio.
        var inicio = ServletUriComponentsBuilder.fromContextPath(solicitud).path("/").toUriString();
        // Donde Spring recuerda a qué página ir después del ingreso.
        solicitud.getSession().setAttribute("SPRING_SECURITY_SAVED_REQUEST",
                new SimpleSavedRequest(esPropio(destino, inicio) ? destino : inicio));
        return "redirect:/oauth2/authorization/vuce";
    }

    private static boolean esPropio(String destino, String inicio) {
        if (destino == null) {
            return false;
        }
        try {
            URI uri = new URI(destino);
            URI propio = new URI(inicio);
            return propio.getScheme().equals(uri.getScheme())
                    && propio.getRawAuthority().equals(uri.getRawAuthority());
        } catch (URISyntaxException ilegible) {
            return false;
        }
    }
}
